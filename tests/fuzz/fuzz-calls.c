/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The functions of the library in any order: each byte of the input calls one,
 * with what the byte behind it says. Whatever the order, each job that was
 * submitted ends once, and nothing is left. */

#include "config.h"

#include "fuzz.h"

#include "../thr-test.h"
#include "workers/thr-worker-private.h"

#include <stdlib.h>

#define N 4 /* of everything */

typedef struct
{
  ThrThreadManager *managers[N];
  ThrThreadWrapper *jobs[N];
  ThrThreadWrapper *submitted[256]; /* each of them, until it is over */
  guint n_submitted;
  guint n_ended;
  ThrWorker *workers[N];
  ThrListener *listeners[N];
  ThrChannel *channel;
  ThrSubscription *subscriptions[N];
  ThrDefer *defer;
  guint n_asked; /* of the defer, asynchronously, and not yet answered */
  int n_alive;   /* objects */
} World;

/* What a job and a worker do, by the number of the byte that made them. */

static gboolean
job_func (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  guint what = GPOINTER_TO_UINT (user_data);

  for (guint i = 0; i < what % 8; i++)
    {
      thr_thread_wrapper_set_progress (thread, i / 8.0);
      thr_thread_wrapper_set_message (thread, i % 2 ? "a" : "ä");
      if (!thr_thread_wrapper_checkpoint (thread, error))
        return FALSE;
    }
  switch (what % 5)
    {
    case 0:
      return FALSE;
    case 1:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing");
      return FALSE;
    case 2:
      return thr_thread_wrapper_return_string (thread, "done", error);
    case 3:
      return thr_thread_wrapper_return_boolean (thread, TRUE, error);
    default:
      return TRUE;
    }
}

static gboolean
step_func (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  guint what = GPOINTER_TO_UINT (user_data);
  double progress = thr_thread_wrapper_get_progress (thread);
  guint step = progress > 0 ? (guint) (progress * 8) : 0;

  thr_thread_wrapper_set_progress (thread, (step + 1) / 8.0);
  return step < what / 8 % 8;
}

static gboolean
worker_func (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  ThrEvent *event = thr_worker_wait_event (worker, "A", 1000, NULL, NULL);

  g_clear_pointer (&event, thr_event_unref);
  return thr_worker_wait_forever (worker, error);
}

static gboolean
heard (ThrWorker *worker,
       ThrEvent  *event,
       gpointer   user_data,
       GError   **error)
{
  if (GPOINTER_TO_UINT (user_data) % 3 == 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "not heard");
  return GPOINTER_TO_UINT (user_data) % 3 != 0;
}

static void
news (ThrEvent *event,
      gpointer  user_data)
{
}

static void
answered (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  World *self = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_defer_get_finish (THR_DEFER (source), result, &error) != NULL || error != NULL);
  self->n_asked--;
}

static void
ended (ThrThreadWrapper *thread,
       gpointer          user_data)
{
  World *self = user_data;

  self->n_ended++;
}

static void
gone (gpointer user_data,
      GObject *object)
{
  World *self = user_data;

  self->n_alive--;
}

static gpointer
watch (World   *self,
       gpointer object)
{
  g_object_weak_ref (object, gone, self);
  self->n_alive++;

  return object;
}

static void
fresh_job (World            *self,
           guint             i,
           ThrThreadWrapper *job)
{
  g_clear_object (&self->jobs[i]);
  self->jobs[i] = watch (self, job);
}

/* The manager's number is in the lower bits. */
static void
submit (World *self,
        guint  by,
        gboolean (*func) (ThrThreadManager *manager,
                          ThrThreadWrapper *job,
                          GError          **error))
{
  ThrThreadWrapper *job = self->jobs[by / N % N];
  g_autoptr (GError) error = NULL;

  if (job == NULL || self->n_submitted == G_N_ELEMENTS (self->submitted))
    return;
  if (func (self->managers[by % N], job, &error))
    self->submitted[self->n_submitted++] = g_object_ref (job);
  else
    g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
}

static void
call_manager (World *self,
              guint  what,
              guint  by)
{
  ThrThreadManager *manager = self->managers[by % N];
  g_autoptr (ThrThreadWrapper) found = NULL;
  g_autoptr (GPtrArray) jobs = NULL;

  switch (what)
    {
    case 0:
      submit (self, by, thr_thread_manager_append);
      break;
    case 1:
      thr_thread_manager_run (manager, NULL);
      break;
    case 2:
      thr_thread_manager_watch (manager, NULL);
      break;
    case 3:
      thr_thread_manager_stop_listening (manager);
      break;
    case 4:
      thr_thread_manager_stop (manager);
      break;
    case 5:
    case 6:
      thr_thread_manager_start (manager);
      break;
    case 7:
      thr_thread_manager_halt (manager, by, NULL);
      break;
    case 8:
      thr_thread_manager_set_paused (manager, by & N);
      break;
    case 9:
      thr_thread_manager_set_thread_limit (manager, by / N, NULL);
      break;
    case 10:
      thr_thread_manager_set_keep_finished (manager, by / N);
      break;
    case 11:
      thr_thread_manager_wait_idle (manager, by, NULL, NULL);
      break;
    case 12:
      thr_thread_manager_shutdown_async (manager, (ThrShutdownMode) (by / N % 3), by, NULL, NULL, NULL);
      break;
    case 13:
      jobs = thr_thread_manager_dup_jobs (manager);
      found = g_list_model_get_item (G_LIST_MODEL (manager), by / N);
      break;
    case 14:
      found = thr_thread_manager_lookup (manager, by & N ? "thr-1" : "no such");
      thr_thread_manager_get_progress (manager);
      break;
    default:
      g_object_unref (manager);
      self->managers[by % N] = watch (self, thr_thread_manager_new ());
      break;
    }
}

static void
call_job (World *self,
          guint  what,
          guint  by)
{
  guint i = by % N;
  ThrThreadWrapper *job = self->jobs[i];
  g_auto (GValue) value = G_VALUE_INIT;

  if (what < 3 || job == NULL)
    {
      fresh_job (self, i, thr_thread_wrapper_new (NULL, job_func, GUINT_TO_POINTER (by), NULL));
      thr_thread_wrapper_set_on_end (self->jobs[i], ended, self, NULL);
      return;
    }

  switch (what)
    {
    case 3:
    case 4:
    case 5:
      submit (self, by, thr_thread_manager_submit);
      break;
    case 6:
      thr_thread_wrapper_cancel (job);
      break;
    case 7:
      thr_thread_wrapper_halt (job);
      break;
    case 8:
      thr_thread_wrapper_pause (job);
      break;
    case 9:
      thr_thread_wrapper_resume (job);
      break;
    case 10:
      thr_thread_wrapper_join (job, by, NULL, NULL);
      break;
    case 11:
      thr_thread_wrapper_set_priority (job, (int) by - 128);
      break;
    case 12:
      g_value_init (&value, G_TYPE_UINT);
      g_value_set_uint (&value, by);
      thr_thread_wrapper_set_status (job, by & N ? &value : NULL);
      break;
    case 13:
      if (self->n_submitted == G_N_ELEMENTS (self->submitted))
        break;
      job = by & N ? thr_thread_manager_do_manual (self->managers[i], NULL)
                   : thr_thread_manager_do_sliced (self->managers[i], NULL, step_func,
                                                   GUINT_TO_POINTER (by), NULL);
      fresh_job (self, i, job);
      thr_thread_wrapper_set_on_end (self->jobs[i], ended, self, NULL);
      self->submitted[self->n_submitted++] = g_object_ref (self->jobs[i]);
      break;
    case 14:
      thr_thread_wrapper_return_int (job, by, NULL);
      break;
    default:
      g_clear_object (&self->jobs[i]);
      break;
    }
}

static void
call_worker (World *self,
             guint  what,
             guint  by)
{
  static const char *const names[] = { "A", "B", "STOP_THREAD", "PAUSE_THREAD" };
  ThrWorker *worker = self->workers[by % N];
  guint other = by / N % N;

  switch (what)
    {
    case 0:
    case 1:
      thr_worker_start (worker, NULL);
      break;
    case 2:
      thr_worker_stop (worker);
      break;
    case 3:
      thr_worker_pause (worker);
      break;
    case 4:
      thr_worker_resume (worker);
      break;
    case 5:
      thr_worker_join (worker, by, NULL);
      break;
    case 6:
      thr_worker_fire (worker, names[other], NULL, NULL);
      break;
    case 7:
      thr_worker_broadcast (worker, names[other % 2], NULL, NULL);
      break;
    case 8:
      thr_worker_bubble (worker, names[other % 2], NULL, NULL);
      break;
    case 9:
      thr_worker_set_parent (worker, by & 128 ? self->workers[other] : NULL, NULL);
      break;
    case 10:
      thr_worker_set_daemon (worker, (ThrDaemon) (other % 3), NULL);
      break;
    case 11:
      g_clear_pointer (&self->listeners[other], thr_listener_unref);
      self->listeners[other] = thr_worker_listen_full (worker, names[by / 64 % 2], (int) other,
                                                       (ThrListenerFlags) (by / 32 % 4), NULL, heard,
                                                       GUINT_TO_POINTER (by), NULL);
      break;
    case 12:
      if (self->listeners[other] != NULL)
        thr_worker_unlisten (worker, self->listeners[other]);
      break;
    case 13:
      thr_worker_update (thr_worker_main (), NULL);
      break;
    case 14:
      thr_worker_wait_worker (thr_worker_main (), worker, by, NULL);
      break;
    default:
      thr_worker_fire (thr_worker_main (), names[other % 2], NULL, NULL);
      break;
    }
}

static void
call_channel (World *self,
              guint  what,
              guint  by)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  guint i = by % N;

  switch (what)
    {
    case 0:
      thr_channel_sub (self->channel, self->workers[i], NULL);
      break;
    case 1:
      thr_channel_unsub (self->channel, self->workers[i]);
      break;
    case 2:
    case 3:
      thr_channel_pub (self->channel, "A", NULL, NULL);
      break;
    case 4:
      if (self->subscriptions[i] == NULL)
        self->subscriptions[i] = thr_channel_subscribe (self->channel, (ThrOverflow) (1 + by / N % 2), by, news, NULL,
                                                        NULL);
      break;
    case 5:
      if (self->subscriptions[i] != NULL)
        thr_subscription_unsubscribe (self->subscriptions[i]);
      g_clear_pointer (&self->subscriptions[i], thr_subscription_unref);
      break;
    case 6:
      g_value_init (&value, G_TYPE_UINT);
      thr_defer_resolve (self->defer, &value);
      break;
    case 7:
      error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "rejected");
      thr_defer_reject (self->defer, error);
      break;
    case 8:
      thr_defer_get (self->defer, by, NULL);
      break;
    case 9:
      self->n_asked++;
      thr_defer_get_async (self->defer, NULL, answered, self);
      break;
    case 10:
      if (!thr_defer_is_pending (self->defer))
        {
          g_object_unref (self->defer);
          self->defer = watch (self, thr_defer_new ());
        }
      break;
    default:
      for (guint n = by; n > 0 && g_main_context_iteration (NULL, FALSE); n--)
        ;
      break;
    }
}

static void
world_begin (World *self)
{
  for (guint i = 0; i < N; i++)
    {
      self->managers[i] = watch (self, thr_thread_manager_new ());
      self->workers[i] = watch (self, thr_worker_new (NULL, worker_func, NULL, NULL));
      thr_worker_set_quiet (self->workers[i], TRUE);
    }
  self->channel = watch (self, thr_channel_new ());
  self->defer = watch (self, thr_defer_new ());
}

/* Iterates until it is so, and fails the run where it takes too long. */
#define UNTIL(condition)                                                         \
  G_STMT_START                                                                   \
  {                                                                              \
    gint64 until = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;                \
    while (!(condition))                                                         \
      {                                                                          \
        if (!g_main_context_iteration (NULL, FALSE))                             \
          g_thread_yield ();                                                     \
        if (g_get_monotonic_time () > until)                                     \
          g_error ("still not so: %s", #condition);                              \
      }                                                                          \
  }                                                                              \
  G_STMT_END

static void
world_end (World *self)
{
  g_autoptr (GError) abandoned = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "over");

  for (guint i = 0; i < N; i++)
    {
      thr_thread_manager_stop (self->managers[i]);
      thr_thread_manager_halt (self->managers[i], 0, NULL);
      g_clear_object (&self->jobs[i]);
      g_clear_object (&self->managers[i]);
      thr_worker_stop (self->workers[i]);
      g_clear_pointer (&self->listeners[i], thr_listener_unref);
      if (self->subscriptions[i] != NULL)
        thr_subscription_unsubscribe (self->subscriptions[i]);
      g_clear_pointer (&self->subscriptions[i], thr_subscription_unref);
    }
  for (guint i = 0; i < self->n_submitted; i++)
    thr_thread_wrapper_halt (self->submitted[i]);
  thr_defer_reject (self->defer, abandoned);

  UNTIL (self->n_ended == self->n_submitted);
  UNTIL (self->n_asked == 0);
  for (guint i = 0; i < self->n_submitted; i++)
    {
      g_assert_cmpint (thr_thread_wrapper_get_execution_state (self->submitted[i]), >=, THR_EXECUTION_STATE_FINISHING);
      g_object_unref (self->submitted[i]);
    }
  for (guint i = 0; i < N; i++)
    UNTIL (!thr_worker_is_running (self->workers[i]));
  for (guint i = 0; i < N; i++)
    {
      thr_worker_join (self->workers[i], THR_FOREVER, NULL);
      g_object_unref (self->workers[i]);
    }
  g_object_unref (self->channel);
  g_object_unref (self->defer);
  UNTIL (self->n_alive == 0);
}

/* Before LeakSanitizer looks: it does not find all that GLib keeps for threads that
 * are there. */
static void
end_threads (void)
{
  gint64 until = g_get_monotonic_time () + G_USEC_PER_SEC;

  do
    {
      g_thread_pool_stop_unused_threads ();
      g_thread_yield ();
    }
  while (thr_test_count_threads () > 1 && g_get_monotonic_time () < until);
}

static GLogWriterOutput
say_nothing (GLogLevelFlags   level,
             const GLogField *fields,
             gsize            n_fields,
             gpointer         user_data)
{
  if (!(level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)))
    return G_LOG_WRITER_HANDLED;
  /* Not by GLib, whose way of ending libFuzzer does not see. */
  g_log_writer_default (level & ~G_LOG_FLAG_FATAL, fields, n_fields, user_data);
  abort ();
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  static void (*const calls[]) (World *self, guint what, guint by) = {
    call_manager,
    call_job,
    call_worker,
    call_channel,
  };
  static gsize quiet;
  World world = { 0 };

  if (g_once_init_enter (&quiet))
    {
      /* Failures that nobody handles are what is to be tried. */
      g_log_set_writer_func (say_nothing, NULL, NULL);
      atexit (end_threads);
      g_once_init_leave (&quiet, 1);
    }

  world_begin (&world);
  for (gsize i = 0; i + 1 < size; i += 2)
    calls[data[i] >> 4 & 3](&world, data[i] & 15, data[i + 1]);
  world_end (&world);

  return 0;
}
