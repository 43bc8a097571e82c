/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-binding.h"

#include "threads/thr-core-private.h"

#include <stdatomic.h>

/* Lists that only grow, so that they can be walked without a lock: an entry is
 * published by the release of the head, and never changes. */
typedef struct _Entry Entry;
struct _Entry
{
  Entry *next;
  GCallback func;
  gpointer user_data;
};

static Entry *_Atomic interrupters;
static Entry *_Atomic unhandled_funcs;

static void
add (Entry *_Atomic *list,
     GCallback       func,
     gpointer        user_data)
{
  Entry *entry = g_new (Entry, 1);

  entry->func = func;
  entry->user_data = user_data;
  entry->next = atomic_load_explicit (list, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit (list, &entry->next, entry, memory_order_release,
                                                 memory_order_relaxed))
    ;
}

void
thr_binding_interrupt (ThrThreadWrapper *job)
{
  Entry *entry = atomic_load_explicit (&interrupters, memory_order_acquire);

  for (; entry != NULL; entry = entry->next)
    ((ThrInterruptFunc) entry->func) (job, entry->user_data);
}

gboolean
thr_binding_report (ThrThreadWrapper *job,
                    const GError     *failure)
{
  Entry *entry = atomic_load_explicit (&unhandled_funcs, memory_order_acquire);

  for (; entry != NULL; entry = entry->next)
    {
      if (((ThrUnhandledFunc) entry->func) (job, failure, entry->user_data))
        return TRUE;
    }
  return FALSE;
}

/**
 * thr_add_interrupter:
 * @func: (scope notified) (closure user_data) (destroy destroy): what stops the
 *   running function of a job, if it is one of the binding's
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): never called: what is added stays
 *
 * Adds a way to stop running functions; for language bindings.
 *
 * [method@Thr.ThreadWrapper.halt] calls @func, on the thread that halts, for each
 * job that runs and has no interrupter of its own
 * ([method@Thr.ThreadWrapper.set_interrupter]): also for one that waits meanwhile
 * while another job runs on its thread, and for one that is just about to end. It
 * is for @func to know whether there is something to stop. It is called inside
 * `halt`, and so must not block.
 *
 * Since: 1.0
 */
void
thr_add_interrupter (ThrInterruptFunc func,
                     gpointer         user_data,
                     GDestroyNotify   destroy)
{
  g_return_if_fail (func != NULL);

  add (&interrupters, G_CALLBACK (func), user_data);
}

/**
 * thr_add_unhandled_func:
 * @func: (scope notified) (closure user_data) (destroy destroy): what reports a
 *   failure that nobody handled
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): never called: what is added stays
 *
 * Adds a way to report the failures that nobody handled, in place of the warning
 * in the log; for language bindings.
 *
 * It is called for the failures that
 * [signal@Thr.ThreadManager::unhandled-error] has no handler for, until one that
 * was added returns `TRUE`.
 *
 * Since: 1.0
 */
void
thr_add_unhandled_func (ThrUnhandledFunc func,
                        gpointer         user_data,
                        GDestroyNotify   destroy)
{
  g_return_if_fail (func != NULL);

  add (&unhandled_funcs, G_CALLBACK (func), user_data);
}

/* ---- the end of a thread ---- */

static void
run_exit_entries (gpointer data)
{
  Entry *entry = data, *next;

  for (; entry != NULL; entry = next)
    {
      next = entry->next;
      if (thr_gate_is_open ())
        ((ThrInvokeFunc) entry->func) (entry->user_data);
      g_free (entry);
    }
}

/**
 * thr_at_thread_exit:
 * @func: (scope async) (closure user_data): what to call
 * @user_data: (nullable): data for @func
 *
 * Has a function called when the calling thread ends, on that thread; for
 * language bindings, which keep something for each thread that they were called
 * on.
 *
 * The last function that was given is called first. None is called after
 * [func@Thr.shutdown].
 *
 * Since: 1.0
 */
void
thr_at_thread_exit (ThrInvokeFunc func,
                    gpointer      user_data)
{
  static GPrivate entries = G_PRIVATE_INIT (run_exit_entries);
  Entry *entry;

  g_return_if_fail (func != NULL);

  entry = g_new (Entry, 1);
  entry->func = G_CALLBACK (func);
  entry->user_data = user_data;
  entry->next = g_private_get (&entries);
  g_private_set (&entries, entry);
}
