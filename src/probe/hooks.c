/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/hook.h"

const struct hook hooks[HOOK_COUNT] = {
#define HOOK(id, key, object, needed, order, help) [HOOK_##id] = { key, OBJECT_##object, needed, order, help },
#define CANDIDATE(...)
#include "probe/hooks.def"
#undef HOOK
#undef CANDIDATE
};

const struct candidate candidates[] = {
#define HOOK(...)
#define CANDIDATE(hook, backend, span, provides, limitations, ...) \
	{ HOOK_##hook, backend, span, provides, limitations, { __VA_ARGS__ } },
#include "probe/hooks.def"
#undef HOOK
#undef CANDIDATE
};

const size_t candidate_count = sizeof(candidates) / sizeof(candidates[0]);
