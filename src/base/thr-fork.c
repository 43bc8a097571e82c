/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-fork-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"

#include <pthread.h>

gboolean thr_is_fork;

static void
enter_child (void)
{
  thr_is_fork = TRUE;
}

void
thr_fork_watch (void)
{
  static gsize watched;

  if (g_once_init_enter (&watched))
    {
      pthread_atfork (NULL, NULL, enter_child);
      g_once_init_leave (&watched, 1);
    }
}

GError *
thr_fork_error (void)
{
  return g_error_new_literal (THR_ERROR, THR_ERROR_INVALID_STATE,
                              _("This process was forked from one whose threads stayed behind: fork "
                                "before the first job or worker, or run a program in the fork"));
}
