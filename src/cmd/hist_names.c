/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/hist_names.h"

#include <dirent.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "probe/gfp.h"
#include "sym/wrapper.h"
#include "view/hist.h"

/* Text as it is, or as a JSON string. */
static void put_text(const char *text, bool json, char *out, size_t size)
{
	char body[1024];
	bool invalid;

	if (json)
		snprintf(out, size, "\"%s\"", text_json(body, sizeof(body), text, &invalid));
	else
		snprintf(out, size, "%s", text);
}

static void name_site(const struct hist_names *n, uint64_t site, bool json, char *out, size_t size)
{
	char text[300];
	struct ksym s;

	if (!site) {
		snprintf(out, size, json ? "null" : "?");
		return;
	}
	ksym_text(n->ksyms, site, text, 200);
	if (n->ksyms && ksym_find(n->ksyms, site, &s) && !s.module && wrapper_is(s.name))
		strcat(text, " (wrapper: caller unknown)");
	put_text(text, json, out, size);
}

static void name_process(const struct hist_names *n, uint64_t id, bool json, char *out, size_t size)
{
	struct mmt_hist_process p = { .tgid = (uint32_t)id };
	char comm[sizeof(p.comm) + 1] = "", text[64], name[256];
	bool known = kmem_process(n->kmem, id, &p);

	memcpy(comm, p.comm, sizeof(p.comm));
	if (json) {
		put_text(comm, true, name, sizeof(name));
		if (known)
			snprintf(out, size, "{\"pid\":%u,\"comm\":%s,\"start_time_ns\":%" PRIu64 "}", p.tgid, name,
				 (uint64_t)p.start_boottime);
		else
			snprintf(out, size, "{\"pid\":%u,\"comm\":null}", p.tgid);
		return;
	}
	snprintf(text, sizeof(text), "%s[%u]", known ? comm : "?", p.tgid);
	snprintf(out, size, "%s", text);
}

static void name_cache(const struct hist_names *n, const struct hist_line *line, uint64_t id, bool json, char *out, size_t size)
{
	struct mmt_hist_cache c;
	char text[80];

	if (line->domain == MMT_DOMAIN_KMALLOC)
		snprintf(text, sizeof(text), id > 8192 ? "pages for %" PRIu64 : "kmalloc size class %" PRIu64, id);
	else if (kmem_cache(n->kmem, id, &c))
		snprintf(text, sizeof(text), "%.*s", (int)sizeof(c.name), c.name);
	else
		snprintf(text, sizeof(text), "?");
	put_text(text, json, out, size);
}

/* --- cgroups: a directory's inode is the number by which BPF knows it --- */

struct cgroup_name { uint64_t id; char *path; };

static void cgroup_add(struct hist_names *n, uint64_t id, const char *path)
{
	if (n->cgroup_count == n->cgroup_room) {
		n->cgroup_room = n->cgroup_room ? n->cgroup_room * 2 : 64;
		n->cgroups = reallocarray(n->cgroups, n->cgroup_room, sizeof(*n->cgroups));
		if (!n->cgroups)
			abort();
	}
	n->cgroups[n->cgroup_count] = (struct cgroup_name){ id, strdup(path) };
	if (!n->cgroups[n->cgroup_count++].path)
		abort();
}

/* path: room of size bytes, kept as it was; its name is what comes from skip on. */
static void cgroups_walk(struct hist_names *n, char *path, size_t size, size_t skip, int depth)
{
	DIR *d = opendir(path);
	size_t used = strlen(path);
	struct dirent *de;

	while (d && depth && (de = readdir(d))) {
		if (de->d_type != DT_DIR || !strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if ((size_t)snprintf(path + used, size - used, "/%s", de->d_name) < size - used) {
			cgroup_add(n, de->d_ino, path + skip);
			cgroups_walk(n, path, size, skip, depth - 1);
		}
		path[used] = '\0';
	}
	if (d)
		closedir(d);
}

static int cgroup_compare(const void *a, const void *b)
{
	const struct cgroup_name *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Wherever cgroup2 is mounted first. */
static void cgroups_read(struct hist_names *n)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *m = NULL;
	char path[1024];
	struct stat st;

	n->cgroups_read = true;
	while (mounts && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") && strlen(m->mnt_dir) < sizeof(path) && stat(m->mnt_dir, &st) == 0)
			break;
	if (m) {
		snprintf(path, sizeof(path), "%s", m->mnt_dir);
		cgroup_add(n, st.st_ino, "/");
		cgroups_walk(n, path, sizeof(path), strlen(path), 16);
		qsort(n->cgroups, n->cgroup_count, sizeof(*n->cgroups), cgroup_compare);
	}
	if (mounts)
		endmntent(mounts);
}

static void name_cgroup(struct hist_names *n, uint64_t id, bool json, char *out, size_t size)
{
	const struct cgroup_name key = { .id = id }, *found;
	char text[1100];

	if (!n->cgroups_read)
		cgroups_read(n);
	found = n->cgroup_count ? bsearch(&key, n->cgroups, n->cgroup_count, sizeof(key), cgroup_compare) : NULL;
	snprintf(text, sizeof(text), "cgroup id %" PRIu64, id);
	put_text(found ? found->path : text, json, out, size);
}

void hist_names_refresh(struct hist_names *n)
{
	for (size_t i = 0; i < n->cgroup_count; i++)
		free(n->cgroups[i].path);
	n->cgroup_count = 0;
	n->cgroups_read = false;
}

void hist_names_free(struct hist_names *n)
{
	hist_names_refresh(n);
	free(n->cgroups);
	ksym_free(n->ksyms);
}

/* --- */

static void learn_bit(void *ctx, const char *enumerator, uint64_t bit)
{
	gfp_learn(ctx, enumerator, bit);
}

void hist_names_learn_gfp(struct hist_names *n, const char *btf)
{
	n->gfp = (struct gfp_names){ 0 };
	if (!gfp_each_bit(btf, learn_bit, &n->gfp))
		gfp_defaults(&n->gfp);
}

/* JSON: the number, and beside it the text. */
static void name_gfp(const struct hist_names *n, uint64_t gfp, bool json, char *out, size_t size)
{
	char text[700];

	gfp_text(&n->gfp, gfp, text, sizeof(text));
	if (json)
		snprintf(out, size, "\"0x%" PRIx64 "\",\"gfp_text\":\"%s\"", gfp, text);
	else
		snprintf(out, size, "%s", text);
}

static void name_node(int64_t node, bool json, char *out, size_t size)
{
	if (node >= 0)
		snprintf(out, size, "%" PRId64, node);
	else if (node == -1)
		put_text("any", json, out, size);
	else
		snprintf(out, size, json ? "null" : "?");
}

static void name_listed(const char *const *list, size_t count, uint64_t value, bool json, char *out, size_t size)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put_text(value < count ? list[value] : text, json, out, size);
}

/* Frees tell less than allocations do. */
static bool is_told(const struct hist_line *line, enum mmt_hist_key_id key)
{
	if (line->op != MMT_OP_FREE)
		return true;
	switch (key) {
	case MMT_KEY_GFP: case MMT_KEY_MIGRATE: return false;
	case MMT_KEY_CACHE: return line->domain == MMT_DOMAIN_SLAB;
	case MMT_KEY_NODE: return line->domain == MMT_DOMAIN_PAGE;
	case MMT_KEY_SITE: case MMT_KEY_PROCESS: case MMT_KEY_ORDER: case MMT_KEY_CGROUP: case MMT_KEY_REGION:
	case MMT_KEY_COUNT: case MMT_KEY_NONE: break;
	}
	return true;
}

void hist_name(void *ctx, enum mmt_hist_key_id key, const struct hist_line *line, uint64_t value, bool json, char *out,
	       size_t size)
{
	static const char *const migrate[] = { "unmovable", "movable", "reclaimable", "high-atomic", "cma", "isolate" };
	struct hist_names *n = ctx;

	if (!is_told(line, key)) {
		snprintf(out, size, json ? "null" : "-");
		return;
	}
	switch (key) {
	case MMT_KEY_SITE: name_site(n, value, json, out, size); return;
	case MMT_KEY_CACHE: name_cache(n, line, value, json, out, size); return;
	case MMT_KEY_PROCESS: name_process(n, value, json, out, size); return;
	case MMT_KEY_ORDER: snprintf(out, size, "%" PRIu64, value); return;
	case MMT_KEY_GFP: name_gfp(n, value, json, out, size); return;
	case MMT_KEY_NODE: name_node((int64_t)value, json, out, size); return;
	case MMT_KEY_CGROUP: name_cgroup(n, value, json, out, size); return;
	case MMT_KEY_REGION: name_listed(hist_region_names, MMT_REGIONS + 1, value, json, out, size); return;
	case MMT_KEY_MIGRATE: name_listed(migrate, 6, value, json, out, size); return;
	case MMT_KEY_COUNT:
	case MMT_KEY_NONE: break;
	}
	snprintf(out, size, json ? "null" : "?");
}
