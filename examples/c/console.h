/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the examples about workers have in common: their options, and a main
 * loop that reads what is typed. */

/* FALSE to end the program. */
typedef gboolean (*ConsoleFunc) (const char *line,
                                 gpointer    user_data);

void     console_parse_options (int           *argc,
                                char        ***argv,
                                GOptionEntry  *entries,
                                const char    *summary,
                                const char    *description);
void     console_bad_option    (const char    *message);
gboolean console_run           (ConsoleFunc    func,
                                gpointer       user_data);
void     console_quit          (void);
int      console_exit_status   (void);

G_END_DECLS
