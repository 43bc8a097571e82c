/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "threads/thr-thread-manager.h"

G_BEGIN_DECLS

/* What ties a manager to an application; at home. */
typedef struct _ThrTie ThrTie;

ThrTie *thr_tie_new  (GApplication *application);
void    thr_tie_free (ThrTie       *self);
void    thr_tie_hold (ThrTie       *self,
                      gboolean      hold);

/* thr-thread-manager.c; NULL where there is none. */
ThrTie *thr_thread_manager_get_tie (ThrThreadManager *self);

G_END_DECLS
