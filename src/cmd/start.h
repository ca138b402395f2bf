/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CMD_START_H
#define CMD_START_H

/* From the command line to the exit status. */
int start(int argc, char **argv);

#endif
