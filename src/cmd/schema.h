/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CMD_SCHEMA_H
#define CMD_SCHEMA_H

/* Tables of all keys of JSON lines, from the fields, on stdout: docs/json.md holds them. */
void schema_print(void);

#endif
