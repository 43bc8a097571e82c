/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-gate-private.h"

_Atomic gboolean thr_gate_shut;

/* Release and acquire: it publishes what set it up. */
static const ThrShutdownHook *_Atomic the_hook;

void
thr_gate_shut_for_ever (void)
{
  atomic_store_explicit (&thr_gate_shut, TRUE, memory_order_release);
}

void
thr_shutdown_set_hook (const ThrShutdownHook *hook)
{
  atomic_store_explicit (&the_hook, hook, memory_order_release);
}

const ThrShutdownHook *
thr_shutdown_get_hook (void)
{
  return atomic_load_explicit (&the_hook, memory_order_acquire);
}
