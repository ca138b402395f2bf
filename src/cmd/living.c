/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/living.h"

#include <string.h>

#include "probe/procfs.h"

/* A process may give itself another name (prctl), of which no record tells. */
static void rename_process(struct process *p, const char *name)
{
	char comm[sizeof(p->comm)] = "";

	memcpy(comm, name, strnlen(name, sizeof(comm) - 1));
	p->changed |= memcmp(comm, p->comm, sizeof(comm)) != 0;
	memcpy(p->comm, comm, sizeof(comm));
}

void mark_living(struct session *s, const struct mmt_watch *watch, ssize_t n)
{
	for (struct process *p = s->processes; p; p = p->next)
		p->listed = false;
	for (ssize_t i = 0; i < n; i++) {
		struct process *p = session_find(s, (pid_t)watch[i].tgid);

		if (!p || p->dead || (p->start_time && p->start_time != watch[i].start_boottime))
			continue;
		p->listed = true;
		rename_process(p, watch[i].comm);
	}
}

/* /proc costs much more than the list: it is asked for the rest only, which are
 * zombies, those that had no room in the table of targets, and those that are gone. */
void find_dead(struct session *s)
{
	for (struct process *p = s->processes; p; p = p->next) {
		struct procfs_stat st;

		if (p->dead || p->listed)
			continue;
		if (procfs_stat_read(p->pid, &st) || !procfs_started(&st, p->start_time))
			process_exited(s, p);
		else
			rename_process(p, st.comm);
	}
}
