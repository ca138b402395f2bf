/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/command.h"

extern const struct command command_live, command_trace, command_flame,
	command_hist, command_leak, command_top,
	command_layout, command_doctor;

const struct command *const commands[COMMAND_COUNT] = {
	[COMMAND_LIVE] = &command_live, [COMMAND_TRACE] = &command_trace, [COMMAND_FLAME] = &command_flame,
	[COMMAND_HIST] = &command_hist, [COMMAND_LEAK] = &command_leak, [COMMAND_TOP] = &command_top,
	[COMMAND_LAYOUT] = &command_layout, [COMMAND_DOCTOR] = &command_doctor,
};
