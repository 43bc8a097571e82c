/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-gate-private.h"

_Atomic gboolean thr_gate_shut;

void
thr_gate_shut_for_ever (void)
{
  atomic_store_explicit (&thr_gate_shut, TRUE, memory_order_release);
}
