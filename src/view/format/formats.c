/* SPDX-License-Identifier: GPL-2.0 */
#include "view/format.h"

#define FORMAT(name, help) extern const struct format format_##name;
#include "args/formats.def"
#undef FORMAT

const struct format *const formats[] = {
#define FORMAT(name, help) &format_##name,
#include "args/formats.def"
#undef FORMAT
	NULL,
};
