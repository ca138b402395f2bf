/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/hist_names.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
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

/* The directory of a cgroup is an inode of its own; looked for below base. */
static bool cgroup_find(char *path, size_t size, uint64_t id, int depth)
{
	DIR *d = opendir(path);
	size_t used = strlen(path);
	struct dirent *de;
	struct stat st;
	bool found = d && stat(path, &st) == 0 && st.st_ino == id;

	while (d && !found && depth && (de = readdir(d))) {
		if (de->d_type != DT_DIR || !strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if ((size_t)snprintf(path + used, size - used, "/%s", de->d_name) < size - used)
			found = cgroup_find(path, size, id, depth - 1);
		if (!found)
			path[used] = '\0';
	}
	if (d)
		closedir(d);
	return found;
}

static void name_cgroup(uint64_t id, bool json, char *out, size_t size)
{
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char path[1024], text[1100];

	snprintf(text, sizeof(text), "cgroup id %" PRIu64, id);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s", mounts[i]);
		if (cgroup_find(path, sizeof(path), id, 16)) {
			snprintf(text, sizeof(text), "%s", path[strlen(mounts[i])] ? path + strlen(mounts[i]) : "/");
			break;
		}
	}
	put_text(text, json, out, size);
}

static void name_gfp(uint64_t gfp, bool json, char *out, size_t size)
{
	snprintf(out, size, json ? "\"0x%" PRIx64 "\"" : "0x%" PRIx64, gfp);
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
	const struct hist_names *n = ctx;

	if (!is_told(line, key)) {
		snprintf(out, size, json ? "null" : "-");
		return;
	}
	switch (key) {
	case MMT_KEY_SITE: name_site(n, value, json, out, size); return;
	case MMT_KEY_CACHE: name_cache(n, line, value, json, out, size); return;
	case MMT_KEY_PROCESS: name_process(n, value, json, out, size); return;
	case MMT_KEY_ORDER: snprintf(out, size, "%" PRIu64, value); return;
	case MMT_KEY_GFP: name_gfp(value, json, out, size); return;
	case MMT_KEY_NODE: name_node((int64_t)value, json, out, size); return;
	case MMT_KEY_CGROUP: name_cgroup(value, json, out, size); return;
	case MMT_KEY_REGION: name_listed(hist_region_names, MMT_REGIONS + 1, value, json, out, size); return;
	case MMT_KEY_MIGRATE: name_listed(migrate, 6, value, json, out, size); return;
	case MMT_KEY_COUNT:
	case MMT_KEY_NONE: break;
	}
	snprintf(out, size, json ? "null" : "?");
}
