/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <stdatomic.h>

#include "base/thr-enums.h"

G_BEGIN_DECLS

/* Shut once, by thr_shutdown(), and never opened again: from then on no user
 * code is called, so that a language's interpreter can go away. */
extern _Atomic gboolean thr_gate_shut;

static inline gboolean
thr_gate_is_open (void)
{
  return !atomic_load_explicit (&thr_gate_shut, memory_order_acquire);
}

void thr_gate_shut_for_ever (void);

/* What thr_shutdown() does beside the managers, for a tower that it does not
 * know: there is room for one, which is set before there is anything to end. */
typedef struct
{
  /* Whether the calling thread is one that would be waited for. */
  gboolean (*is_inside) (void);
  void (*begin) (ThrShutdownMode mode);
  gboolean (*wait) (gint64 deadline,
                    GError **error);
} ThrShutdownHook;

void thr_shutdown_set_hook (const ThrShutdownHook *hook);
const ThrShutdownHook *thr_shutdown_get_hook (void);

G_END_DECLS
