/* SPDX-License-Identifier: GPL-2.0 */
#include "source/cgroup_names.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "host/cgroup.h"

#define DEPTH_MAX 16

static void add(struct cgroup_names *n, uint64_t id, const char *path)
{
	n->all = xgrow(n->all, n->count, &n->room, sizeof(*n->all));
	n->all[n->count++] = (struct cgroup_name){ id, xstrdup(path) };
}

/* path: room of size bytes, kept as it was; a name is what comes from skip on. */
static void walk(struct cgroup_names *n, char *path, size_t size, size_t skip, int depth)
{
	DIR *d = opendir(path);
	size_t used = strlen(path);
	struct dirent *de;

	while (d && depth && (de = readdir(d))) {
		if (de->d_type != DT_DIR || !strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if ((size_t)snprintf(path + used, size - used, "/%s", de->d_name) < size - used) {
			add(n, de->d_ino, path + skip);
			walk(n, path, size, skip, depth - 1);
		}
		path[used] = '\0';
	}
	if (d)
		closedir(d);
}

static int compare(const void *a, const void *b)
{
	const struct cgroup_name *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Wherever cgroup2 is mounted first. */
static void read_all(struct cgroup_names *n)
{
	char path[1024];
	struct stat st;

	n->read = true;
	if (!cgroup_mount(path, sizeof(path)) || stat(path, &st))
		return;
	add(n, st.st_ino, "/");
	walk(n, path, sizeof(path), strlen(path), DEPTH_MAX);
	qsort(n->all, n->count, sizeof(*n->all), compare);
}

uint64_t cgroup_names_root(void)
{
	char path[1024];
	struct stat st;

	return cgroup_mount(path, sizeof(path)) && !stat(path, &st) ? st.st_ino : 0;
}

const char *cgroup_names_find(struct cgroup_names *n, uint64_t id)
{
	const struct cgroup_name key = { .id = id }, *found;

	if (!n->read)
		read_all(n);
	found = n->count ? bsearch(&key, n->all, n->count, sizeof(key), compare) : NULL;
	return found ? found->path : NULL;
}

void cgroup_names_clear(struct cgroup_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->all[i].path);
	n->count = 0;
	n->read = false;
}

void cgroup_names_free(struct cgroup_names *n)
{
	cgroup_names_clear(n);
	free(n->all);
	*n = (struct cgroup_names){ 0 };
}
