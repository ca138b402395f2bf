/* SPDX-License-Identifier: GPL-2.0 */
/* What the keys of histograms stand for: sites, caches, processes, cgroups, flags. */
#include <dirent.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "source/hist.h"
#include "sym/wrapper.h"

/* --- cgroups: a directory's inode is the number by which BPF knows it --- */

/* path: room of size bytes, kept as it was. */
static char *cgroup_below(char *path, size_t size, size_t skip, uint64_t id, int depth)
{
	DIR *d = opendir(path);
	size_t used = strlen(path);
	char *found = NULL;
	struct dirent *de;

	while (d && depth && !found && (de = readdir(d))) {
		if (de->d_type != DT_DIR || !strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if ((size_t)snprintf(path + used, size - used, "/%s", de->d_name) < size - used)
			found = de->d_ino == id ? xstrdup(path + skip) : cgroup_below(path, size, skip, id, depth - 1);
		path[used] = '\0';
	}
	if (d)
		closedir(d);
	return found;
}

/* Wherever cgroup2 is mounted first. */
char *hist_cgroup_path(uint64_t id)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *m = NULL;
	char path[1024], *found = NULL;
	struct stat st;

	while (mounts && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") && strlen(m->mnt_dir) < sizeof(path) && stat(m->mnt_dir, &st) == 0)
			break;
	if (m) {
		snprintf(path, sizeof(path), "%s", m->mnt_dir);
		found = st.st_ino == id ? xstrdup("/") : cgroup_below(path, sizeof(path), strlen(path), id, 16);
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

/* --- one name --- */

static void emit_name(struct hist_source *h, struct input_name head, const char *text, const char *more)
{
	size_t n = strlen(text) + 1, k = strlen(more) + 1;
	char *body = xmalloc(n + k);

	memcpy(body, text, n);
	memcpy(body + n, more, k);
	emit(&h->s, INPUT_NAME, &head, sizeof(head), body, n + k);
	free(body);
}

static void site_emit(struct hist_source *h, uint64_t site)
{
	struct input_name head = { .key = site, .kind = INPUT_NAME_SYMBOL };
	struct ksym k;

	if (!site || !h->ksyms || h->site_unknown || !ksym_find(h->ksyms, site, &k))
		return;
	head.extra = k.offset;
	head.flags = !k.module && wrapper_is(k.name) ? INPUT_NAME_WRAPPER : 0;
	emit_name(h, head, k.name, k.module ? k.module : "");
}

static void process_emit(struct hist_source *h, uint64_t id)
{
	struct mmt_hist_process p;
	char comm[sizeof(p.comm) + 1] = "";

	if (!kmem_process(h->kmem, id, &p))
		return;
	memcpy(comm, p.comm, sizeof(p.comm));
	emit_name(h, (struct input_name){ .key = id, .extra = p.start_boottime, .kind = INPUT_NAME_PROCESS }, comm, "");
}

static void cache_emit(struct hist_source *h, uint64_t id)
{
	struct mmt_hist_cache c;
	char name[sizeof(c.name) + 1] = "";

	if (!kmem_cache(h->kmem, id, &c))
		return;
	memcpy(name, c.name, sizeof(c.name));
	emit_name(h, (struct input_name){ .key = id, .kind = INPUT_NAME_CACHE }, name, "");
}

static void cgroup_emit(struct hist_source *h, uint64_t id)
{
	char *path = hist_cgroup_path(id);

	if (path)
		emit_name(h, (struct input_name){ .key = id, .kind = INPUT_NAME_CGROUP }, path, "");
	free(path);
}

static void gfp_emit(struct hist_source *h, uint64_t gfp)
{
	char text[700];

	emit_name(h, (struct input_name){ .key = gfp, .kind = INPUT_NAME_GFP }, gfp_text(&h->gfp, gfp, text, sizeof(text)), "");
}

static void key_emit(struct hist_source *h, const struct hist_line *l, uint8_t key, uint64_t value)
{
	static const struct { enum input_name_kind kind; void (*emit)(struct hist_source *h, uint64_t key); } names[MMT_KEY_COUNT] = {
		[MMT_KEY_SITE] = { INPUT_NAME_SYMBOL, site_emit }, [MMT_KEY_CACHE] = { INPUT_NAME_CACHE, cache_emit },
		[MMT_KEY_PROCESS] = { INPUT_NAME_PROCESS, process_emit }, [MMT_KEY_CGROUP] = { INPUT_NAME_CGROUP, cgroup_emit },
		[MMT_KEY_GFP] = { INPUT_NAME_GFP, gfp_emit },
	};

	if (key >= MMT_KEY_COUNT || !names[key].emit || (key == MMT_KEY_CACHE && l->domain == MMT_DOMAIN_KMALLOC))
		return;
	if (!name_find(&hist_of(h->s.model)->names, names[key].kind, value))
		names[key].emit(h, value);
}

void hist_names_emit(struct hist_source *h)
{
	const struct hist_model *m = hist_of(h->s.model);

	for (size_t i = 0; i < m->total.line_count; i++) {
		const struct hist_line *l = &m->total.lines[i];

		for (int k = 0; k < 2 && !l->other && l->op != MMT_OP_FALLBACK; k++)
			key_emit(h, l, m->by[k], l->k[k]);
	}
}
