/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* gcc says it in its way, clang in its own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED TRUE
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED TRUE
#endif
#endif
#ifndef SANITIZED
#define SANITIZED FALSE
#endif

static gboolean
is_under_valgrind (void)
{
  const char *preload = g_getenv ("LD_PRELOAD");

  return preload != NULL && strstr (preload, "vgpreload") != NULL;
}

gboolean
thr_test_is_watched (void)
{
  return SANITIZED || is_under_valgrind ();
}

static gboolean
is_slow (void)
{
  static gsize slow = 0;

  if (g_once_init_enter (&slow))
    {
      const char *quick = g_getenv ("THR_TEST_QUICK");
      gboolean is = (quick != NULL && *quick != '\0' && *quick != '0') || is_under_valgrind ();

      g_once_init_leave (&slow, is ? 2 : 1);
    }

  return slow == 2;
}

guint
thr_test_scale (guint full,
                guint quick)
{
  return is_slow () ? quick : full;
}

gint64
thr_test_deadline (void)
{
  gint64 seconds = is_slow () ? 200 : g_getenv ("THR_SCHEDULE_SEED") != NULL ? 60
                                                                             : 20;

  return seconds * G_USEC_PER_SEC;
}

void
thr_test_skip (const char *why)
{
  if (g_strcmp0 (g_getenv ("THR_TEST_ALL"), "1") == 0)
    g_error ("Nothing is to be skipped here: %s", why);
  g_test_skip (why);
}

static gpointer
return_tid (gpointer data)
{
  return GINT_TO_POINTER ((int) syscall (SYS_gettid));
}

guint
thr_test_count_threads (void)
{
  static gsize begun;
  g_autofree char *status = NULL;
  const char *threads;

  /* With the first one ThreadSanitizer starts one of its own. */
  if (g_once_init_enter (&begun))
    {
      int tid = GPOINTER_TO_INT (g_thread_join (g_thread_new ("first", return_tid, NULL)));
      g_autofree char *task = g_strdup_printf ("/proc/self/task/%d", tid);

      /* The kernel counts it for a moment longer. */
      while (g_file_test (task, G_FILE_TEST_EXISTS))
        g_thread_yield ();
      g_once_init_leave (&begun, 1);
    }
  /* Not by /proc/self/task: where a thread ends meanwhile, those behind it are left out. */
  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  threads = strstr (status, "\nThreads:");
  g_assert_nonnull (threads);
  return (guint) g_ascii_strtoull (threads + strlen ("\nThreads:"), NULL, 10);
}

void
thr_test_gate_open (ThrTestGate *gate)
{
  g_mutex_lock (&gate->mutex);
  gate->opened = TRUE;
  g_cond_broadcast (&gate->cond);
  g_mutex_unlock (&gate->mutex);
}

void
thr_test_gate_close (ThrTestGate *gate)
{
  g_mutex_lock (&gate->mutex);
  gate->opened = FALSE;
  g_mutex_unlock (&gate->mutex);
}

gboolean
thr_test_gate_is_open (ThrTestGate *gate)
{
  gboolean opened;

  g_mutex_lock (&gate->mutex);
  opened = gate->opened;
  g_mutex_unlock (&gate->mutex);

  return opened;
}

void
thr_test_gate_wait (ThrTestGate *gate)
{
  gint64 until = g_get_monotonic_time () + thr_test_deadline ();

  g_mutex_lock (&gate->mutex);
  while (!gate->opened)
    if (!g_cond_wait_until (&gate->cond, &gate->mutex, until))
      g_error ("nobody opened the gate");
  g_mutex_unlock (&gate->mutex);
}

void
thr_test_gate_clear (ThrTestGate *gate)
{
  g_mutex_clear (&gate->mutex);
  g_cond_clear (&gate->cond);
}

static gboolean
alarm_cb (gpointer user_data)
{
  g_error ("%s", (const char *) user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
thr_test_loop_begin (ThrTestLoop *loop,
                     gboolean     poll,
                     const char  *file,
                     int          line,
                     const char  *condition)
{
  loop->context = g_main_context_ref_thread_default ();

  loop->alarm = g_timeout_source_new ((guint) (thr_test_deadline () / 1000));
  g_source_set_callback (loop->alarm, alarm_cb,
                         g_strdup_printf ("%s:%d: still not so: %s", file, line, condition), g_free);
  g_source_set_priority (loop->alarm, G_PRIORITY_HIGH);
  g_source_attach (loop->alarm, loop->context);

  loop->tick = NULL;
  if (poll)
    {
      loop->tick = g_timeout_source_new (2);
      g_source_set_callback (loop->tick, tick_cb, NULL, NULL);
      g_source_attach (loop->tick, loop->context);
    }
}

void
thr_test_loop_iterate (ThrTestLoop *loop)
{
  g_main_context_iteration (loop->context, TRUE);
}

void
thr_test_loop_end (ThrTestLoop *loop)
{
  g_source_destroy (loop->alarm);
  g_source_unref (loop->alarm);
  if (loop->tick != NULL)
    {
      g_source_destroy (loop->tick);
      g_source_unref (loop->tick);
    }
  g_main_context_unref (loop->context);
}

void
thr_test_drain (void)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  while (g_main_context_iteration (context, FALSE))
    ;
}

static void
closed_cb (ThrThreadWrapper *thread,
           GParamSpec       *pspec,
           gboolean         *closed)
{
  if (thr_thread_wrapper_get_execution_state (thread) == THR_EXECUTION_STATE_CLOSED)
    *closed = TRUE;
}

void
thr_test_run_until_closed (ThrThreadWrapper *thread)
{
  g_autoptr (ThrThreadWrapper) held = g_object_ref (thread);
  gboolean closed = FALSE;
  gulong handler;

  handler = g_signal_connect (held, "notify::execution-state", G_CALLBACK (closed_cb), &closed);
  thr_test_run_until (closed);
  g_signal_handler_disconnect (held, handler);
}

void
thr_test_finalize_soon (gpointer object)
{
  gpointer alive = object;

  g_object_add_weak_pointer (object, &alive);
  g_object_unref (object);
  thr_test_poll_until (alive == NULL);
}

struct _ThrTestRecorder
{
  gatomicrefcount ref_count;
  GThread *home;
  GString *words;
  gboolean closed;
};

ThrTestRecorder *
thr_test_recorder_ref (ThrTestRecorder *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
thr_test_recorder_unref (ThrTestRecorder *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_string_free (self->words, TRUE);
  g_free (self);
}

/* Closures and callback data are to be let go at home as well. */
static void
let_go (gpointer user_data)
{
  ThrTestRecorder *self = user_data;

  g_assert_true (g_thread_self () == self->home);
  thr_test_recorder_unref (self);
}

static void
let_go_closure (gpointer  user_data,
                GClosure *closure)
{
  let_go (user_data);
}

static void
state_cb (ThrThreadWrapper *thread,
          GParamSpec       *pspec,
          ThrTestRecorder  *self)
{
  static const char *words[] = { "CREATED", "RUNNING", "RETURNED", "EXCEPTION", "FINISHING", "CLOSED" };
  ThrExecutionState state = thr_thread_wrapper_get_execution_state (thread);
  ThrExecutionState property;

  g_object_get (thread, "execution-state", &property, NULL);
  g_assert_cmpint (state, ==, property);
  g_assert_cmpuint (state, <, G_N_ELEMENTS (words));
  g_assert_cmpstr (pspec->name, ==, "execution-state");
  g_assert_false (self->closed);

  self->closed = state == THR_EXECUTION_STATE_CLOSED;
  thr_test_recorder_add (self, words[state]);
}

static void
succeeded_cb (ThrThreadWrapper *thread,
              const GValue     *result,
              ThrTestRecorder  *self)
{
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_RETURNED);
  thr_test_recorder_add (self, "succeeded");
}

static void
failed_cb (ThrThreadWrapper *thread,
           const GError     *failure,
           ThrTestRecorder  *self)
{
  g_assert_nonnull (failure);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_EXCEPTION);
  thr_test_recorder_add (self, "failed");
}

static void
ended_cb (ThrThreadWrapper *thread,
          ThrTestRecorder  *self)
{
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_FINISHING);
  thr_test_recorder_add (self, "ended");
}

static void
on_success_cb (ThrThreadWrapper *thread,
               const GValue     *result,
               gpointer          user_data)
{
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_RETURNED);
  thr_test_recorder_add (user_data, "on_success");
}

static void
on_fail_cb (ThrThreadWrapper *thread,
            const GError     *failure,
            gpointer          user_data)
{
  g_assert_nonnull (failure);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_EXCEPTION);
  thr_test_recorder_add (user_data, "on_fail");
}

static void
on_end_cb (ThrThreadWrapper *thread,
           gpointer          user_data)
{
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_FINISHING);
  thr_test_recorder_add (user_data, "on_end");
}

static void
connect_recorder (ThrTestRecorder  *self,
                  ThrThreadWrapper *thread,
                  const char       *detailed_signal,
                  GCallback         handler)
{
  g_signal_connect_data (thread, detailed_signal, handler, thr_test_recorder_ref (self), let_go_closure, 0);
}

ThrTestRecorder *
thr_test_recorder_new (ThrThreadWrapper *thread)
{
  ThrTestRecorder *self = g_new0 (ThrTestRecorder, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->home = g_thread_self ();
  self->words = g_string_new (NULL);
  connect_recorder (self, thread, "notify::execution-state", G_CALLBACK (state_cb));

  return self;
}

void
thr_test_recorder_watch_signals (ThrTestRecorder  *self,
                                 ThrThreadWrapper *thread)
{
  connect_recorder (self, thread, "succeeded", G_CALLBACK (succeeded_cb));
  connect_recorder (self, thread, "failed", G_CALLBACK (failed_cb));
  connect_recorder (self, thread, "ended", G_CALLBACK (ended_cb));
}

void
thr_test_recorder_watch_callbacks (ThrTestRecorder  *self,
                                   ThrThreadWrapper *thread)
{
  thr_thread_wrapper_set_on_success (thread, on_success_cb, thr_test_recorder_ref (self), let_go);
  thr_thread_wrapper_set_on_fail (thread, on_fail_cb, thr_test_recorder_ref (self), let_go);
  thr_thread_wrapper_set_on_end (thread, on_end_cb, thr_test_recorder_ref (self), let_go);
}

void
thr_test_recorder_add (ThrTestRecorder *self,
                       const char      *word)
{
  g_assert_true (g_thread_self () == self->home);

  if (self->words->len > 0)
    g_string_append_c (self->words, ' ');
  g_string_append (self->words, word);
}

const char *
thr_test_recorder_get (ThrTestRecorder *self)
{
  g_assert_true (g_thread_self () == self->home);

  return self->words->str;
}

gboolean
thr_test_recorder_is_closed (ThrTestRecorder *self)
{
  g_assert_true (g_thread_self () == self->home);

  return self->closed;
}

void
thr_test_home_init (ThrTestHome *self)
{
  memset (self, 0, sizeof *self);
  self->thread = g_thread_self ();
}

static void
count (ThrTestHome *self,
       int         *counter)
{
  if (g_thread_self () != self->thread)
    g_atomic_int_inc (&self->n_away);
  g_atomic_int_inc (counter);
}

static void
disposed_cb (gpointer  user_data,
             GObject  *where_the_object_was)
{
  ThrTestHome *self = user_data;

  count (self, &self->n_disposed);
}

static void
finalized_cb (gpointer user_data)
{
  ThrTestHome *self = user_data;

  count (self, &self->n_finalized);
}

/* The weak notify comes with dispose, the data goes with finalize. */
void
thr_test_home_watch (ThrTestHome *self,
                     gpointer     object)
{
  g_object_weak_ref (object, disposed_cb, self);
  g_object_set_data_full (object, "thr-test-home", self, finalized_cb);
}

void
thr_test_home_destroy (gpointer self)
{
  ThrTestHome *home = self;

  count (home, &home->n_destroyed);
}

int
thr_test_home_n_disposed (ThrTestHome *self)
{
  return g_atomic_int_get (&self->n_disposed);
}

int
thr_test_home_n_finalized (ThrTestHome *self)
{
  return g_atomic_int_get (&self->n_finalized);
}

int
thr_test_home_n_destroyed (ThrTestHome *self)
{
  return g_atomic_int_get (&self->n_destroyed);
}

int
thr_test_home_n_away (ThrTestHome *self)
{
  return g_atomic_int_get (&self->n_away);
}

static gboolean
blocker_func (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  ThrTestBusy *self = user_data;

  thr_test_gate_open (&self->entered);
  thr_test_gate_wait (&self->leave);

  return TRUE;
}

void
thr_test_busy_init (ThrTestBusy *self)
{
  g_autoptr (GError) error = NULL;

  memset (self, 0, sizeof *self);
  self->manager = thr_thread_manager_new ();
  thr_thread_manager_set_thread_limit (self->manager, 1, &error);
  g_assert_no_error (error);
  self->blocker = thr_thread_manager_do_async (self->manager, "blocker", blocker_func, self, NULL);
  self->recorder = thr_test_recorder_new (self->blocker);
  thr_test_gate_wait (&self->entered);
}

void
thr_test_busy_open (ThrTestBusy *self)
{
  thr_test_gate_open (&self->leave);
}

void
thr_test_busy_clear (ThrTestBusy *self)
{
  thr_test_busy_open (self);
  thr_test_run_until (thr_test_recorder_is_closed (self->recorder));
  g_assert_cmpstr (thr_test_recorder_get (self->recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
  thr_test_recorder_unref (self->recorder);
  g_assert_finalize_object (self->blocker);
  g_assert_finalize_object (self->manager);
  thr_test_gate_clear (&self->entered);
  thr_test_gate_clear (&self->leave);
}

gboolean
thr_test_job_return (ThrThreadWrapper *thread,
                     gpointer          user_data,
                     GError          **error)
{
  return TRUE;
}

gboolean
thr_test_job_return_int (ThrThreadWrapper *thread,
                         gpointer          user_data,
                         GError          **error)
{
  return thr_thread_wrapper_return_int (thread, GPOINTER_TO_INT (user_data), error);
}

gboolean
thr_test_job_fail (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing");

  return FALSE;
}

gboolean
thr_test_job_gate (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  thr_test_gate_wait (user_data);

  return TRUE;
}

gboolean
thr_test_job_spin (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  thr_test_gate_open (user_data);
  while (thr_thread_wrapper_checkpoint (thread, error))
    g_thread_yield ();

  return FALSE;
}
