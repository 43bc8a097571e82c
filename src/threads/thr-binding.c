/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-binding.h"

#include "threads/thr-core-private.h"

#include <stdatomic.h>

/* ---- jobs whose callbacks are one function ---- */

/**
 * ThrPhase:
 * @THR_PHASE_RUN: the function of the job
 * @THR_PHASE_SUCCESS: the job has succeeded
 * @THR_PHASE_FAIL: the job has failed
 * @THR_PHASE_END: the job has ended, in either way
 *
 * What the function of [ctor@Thr.ThreadWrapper.new_phased] is called for.
 *
 * Since: 1.0
 */
G_DEFINE_FLAGS_TYPE (ThrPhase, thr_phase,
                     G_DEFINE_ENUM_VALUE (THR_PHASE_RUN, "run"),
                     G_DEFINE_ENUM_VALUE (THR_PHASE_SUCCESS, "success"),
                     G_DEFINE_ENUM_VALUE (THR_PHASE_FAIL, "fail"),
                     G_DEFINE_ENUM_VALUE (THR_PHASE_END, "end"))

typedef struct
{
  ThrPhaseFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Phased;

static void
phased_free (gpointer data)
{
  Phased *phased = data;

  if (phased->destroy != NULL)
    phased->destroy (phased->user_data);
  g_free (phased);
}

static gboolean
run_cb (ThrThreadWrapper *job,
        gpointer          user_data,
        GError          **error)
{
  Phased *phased = user_data;

  return phased->func (job, THR_PHASE_RUN, phased->user_data, error);
}

/* A callback has nobody to give an error to. */
static void
call_phase (ThrThreadWrapper *job,
            ThrPhase          phase,
            Phased           *phased)
{
  g_autoptr (GError) error = NULL;

  phased->func (job, phase, phased->user_data, &error);
  if (error != NULL)
    g_warning ("A callback of the job %s failed: %s", thr_thread_wrapper_get_ident (job),
               error->message);
}

static void
success_cb (ThrThreadWrapper *job,
            const GValue     *result,
            gpointer          user_data)
{
  call_phase (job, THR_PHASE_SUCCESS, user_data);
}

static void
fail_cb (ThrThreadWrapper *job,
         const GError     *failure,
         gpointer          user_data)
{
  call_phase (job, THR_PHASE_FAIL, user_data);
}

static void
end_cb (ThrThreadWrapper *job,
        gpointer          user_data)
{
  call_phase (job, THR_PHASE_END, user_data);
}

/**
 * thr_thread_wrapper_new_phased:
 * @name: (nullable): a name for people and for messages, or `NULL`
 * @phases: what @func is to be called for beside its main purpose
 * @func: (scope notified) (closure user_data) (destroy destroy): the function of
 *   the job, and its callbacks
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   job is `CLOSED`
 *
 * Makes a job as [ctor@Thr.ThreadWrapper.new] does, with one function for all; for
 * language bindings, in which each function that is handed over has its price.
 *
 * Returns: (transfer full): the job
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thread_wrapper_new_phased (const char    *name,
                               ThrPhase       phases,
                               ThrPhaseFunc   func,
                               gpointer       user_data,
                               GDestroyNotify destroy)
{
  ThrThreadWrapper *job;
  Phased *phased;

  g_return_val_if_fail (func != NULL, NULL);

  phased = g_new (Phased, 1);
  phased->func = func;
  phased->user_data = user_data;
  phased->destroy = destroy;
  job = thr_thread_wrapper_new (name, run_cb, phased, phased_free);
  if (phases & THR_PHASE_SUCCESS)
    thr_thread_wrapper_set_on_success (job, success_cb, phased, NULL);
  if (phases & THR_PHASE_FAIL)
    thr_thread_wrapper_set_on_fail (job, fail_cb, phased, NULL);
  if (phases & THR_PHASE_END)
    thr_thread_wrapper_set_on_end (job, end_cb, phased, NULL);
  return job;
}

/**
 * thr_thread_manager_do_phased:
 * @self: a manager
 * @name: (nullable): a name for people and for messages, or `NULL`
 * @phases: what @func is to be called for beside its main purpose
 * @func: (scope notified) (closure user_data) (destroy destroy): the function of
 *   the job, and its callbacks
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   job is `CLOSED`
 *
 * Runs a function in the background: [ctor@Thr.ThreadWrapper.new_phased] and
 * [method@Thr.ThreadManager.submit] in one.
 *
 * Returns: (transfer full): the job
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thread_manager_do_phased (ThrThreadManager *self,
                              const char       *name,
                              ThrPhase          phases,
                              ThrPhaseFunc      func,
                              gpointer          user_data,
                              GDestroyNotify    destroy)
{
  ThrThreadWrapper *job;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  job = thr_thread_wrapper_new_phased (name, phases, func, user_data, destroy);
  thr_core_submit (thr_core_of (self), &job, 1, FALSE, NULL);
  return job;
}

/**
 * thr_thread_wrapper_report_unhandled:
 * @self: a job
 *
 * Reports the failure of the job, if it has failed and nobody has handled that so
 * far: what happens anyway when its last reference goes. For language bindings
 * which keep more of the failure than the error, and lose that before.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_report_unhandled (ThrThreadWrapper *self)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  if (thr_job_is_unhandled (self) &&
      !(atomic_fetch_or (&self->home.flags, THR_JOB_TAKEN) & THR_JOB_TAKEN))
    thr_core_report_unhandled (self->core, self, self->error);
}

/* ---- what is added once in a process ---- */

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
