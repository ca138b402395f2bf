/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace doctor`: what this kernel offers, and what is missing. */
#include "cmd/command.h"
#include "model/doctor.h"
#include "view/shows.h"

static int status(const struct model *m)
{
	if (model_option(m, "usable"))
		return EXIT_OK;
	switch (model_option_number(m, "refusal", EXIT_KERNEL_CANNOT)) {
	case EXIT_FAILED: return EXIT_FAILED;
	case EXIT_NOT_PERMITTED: return EXIT_NOT_PERMITTED;
	default: return EXIT_KERNEL_CANNOT;
	}
}

const struct command command_doctor = { .show = &show_doctor, .model = &model_doctor, .source = &source_doctor,
	.status = status };
