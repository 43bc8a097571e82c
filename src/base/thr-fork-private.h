/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether this process was forked from one in which the library had a thread
 * already: none of them came along. Written by its only thread, at its begin. */
extern gboolean thr_is_fork;

/* Before each thread of ours. */
void thr_fork_watch (void);
/* What is said to whoever wants one in such a process. */
GError *thr_fork_error (void);

G_END_DECLS
