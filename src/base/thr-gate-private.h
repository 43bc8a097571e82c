/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <stdatomic.h>

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

G_END_DECLS
