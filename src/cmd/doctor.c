/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace doctor`: what this kernel offers, and what is missing. */
#include "cmd/command.h"
#include "view/rows/doctor.h"

static int status(const struct model *m)
{
	if (model_option(m, "usable"))
		return EXIT_OK;
	return model_option(m, "kernel_cannot") ? EXIT_KERNEL_CANNOT : EXIT_NOT_PERMITTED;
}

static const struct row_type *const rows[] = { &row_candidate, &row_machine, NULL };

static const struct show show = { .command = "doctor", .rows = rows, .end = &row_doctor_end, .page = &page_doctor };

const struct command command_doctor = { .show = &show, .model = &model_doctor, .source = &source_doctor, .status = status };
