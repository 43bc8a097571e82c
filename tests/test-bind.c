/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#define TEST_TYPE_WINDOW (test_window_get_type ())
G_DECLARE_FINAL_TYPE (TestWindow, test_window, TEST, WINDOW, GObject)

/* What a job's callbacks use without holding it. */
struct _TestWindow
{
  GObject parent_instance;
  int n_called;
  int n_signalled;
};

G_DEFINE_FINAL_TYPE (TestWindow, test_window, G_TYPE_OBJECT)

static void
test_window_class_init (TestWindowClass *klass)
{
}

static void
test_window_init (TestWindow *self)
{
}

static int n_destroyed;

static void
destroyed (gpointer data)
{
  n_destroyed++;
}

static void
on_success (ThrThreadWrapper *thread,
            const GValue     *result,
            gpointer          user_data)
{
  TEST_WINDOW (user_data)->n_called++;
}

static void
on_fail (ThrThreadWrapper *thread,
         const GError     *failure,
         gpointer          user_data)
{
  TEST_WINDOW (user_data)->n_called++;
}

static void
on_end (ThrThreadWrapper *thread,
        gpointer          user_data)
{
  TEST_WINDOW (user_data)->n_called++;
}

static void
ended_cb (ThrThreadWrapper *thread,
          TestWindow       *window)
{
  window->n_signalled++;
}

static void
count_cb (ThrThreadWrapper *thread,
          int              *count)
{
  (*count)++;
}

static void
set_callbacks (ThrThreadWrapper *job,
               TestWindow       *window)
{
  thr_thread_wrapper_set_on_success (job, on_success, window, destroyed);
  thr_thread_wrapper_set_on_fail (job, on_fail, window, destroyed);
  thr_thread_wrapper_set_on_end (job, on_end, window, destroyed);
  g_signal_connect_object (job, "ended", G_CALLBACK (ended_cb), window, 0);
}

/* It lives on: all is as if it were not bound. */
static void
test_alive (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  TestWindow *window = g_object_new (TEST_TYPE_WINDOW, NULL);
  ThrThreadWrapper *job;

  job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  set_callbacks (job, window);
  thr_thread_wrapper_bind_to (job, G_OBJECT (window));
  thr_thread_wrapper_bind_to (job, G_OBJECT (window));
  thr_test_run_until_closed (job);
  g_assert_cmpint (window->n_called, ==, 2);
  g_assert_cmpint (window->n_signalled, ==, 1);

  /* Too late to be of any effect, in both directions. */
  thr_thread_wrapper_bind_to (job, G_OBJECT (window));
  g_assert_finalize_object (window);
  g_assert_false (g_cancellable_is_cancelled (thr_thread_wrapper_get_cancellable (job)));
  thr_test_drain ();
  g_assert_finalize_object (job);

  window = g_object_new (TEST_TYPE_WINDOW, NULL);
  job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  thr_thread_wrapper_bind_to (job, G_OBJECT (window));
  g_assert_finalize_object (job);
  g_assert_finalize_object (window);
}

/* Its window is closed while it runs. */
static void
test_running (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  TestWindow *window = g_object_new (TEST_TYPE_WINDOW, NULL);
  g_autoptr (ThrTestRecorder) recorder = NULL;
  ThrTestGate begun = THR_TEST_GATE_INIT;
  ThrThreadWrapper *job;
  int n_ended = 0;

  n_destroyed = 0;
  job = thr_thread_manager_do_async (manager, NULL, thr_test_job_spin, &begun, NULL);
  recorder = thr_test_recorder_new (job);
  set_callbacks (job, window);
  g_signal_connect (job, "ended", G_CALLBACK (count_cb), &n_ended);
  thr_thread_wrapper_bind_to (job, G_OBJECT (window));
  thr_test_gate_wait (&begun);
  g_assert_finalize_object (window);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING EXCEPTION FINISHING CLOSED");
  g_assert_error (thr_thread_wrapper_get_error (job), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (n_ended, ==, 1);
  g_assert_cmpint (n_destroyed, ==, 3);
  thr_test_drain ();
  g_assert_finalize_object (job);
  thr_test_gate_clear (&begun);
}

/* Disposed while somebody still holds it, as GObject may do. */
static void
test_disposed (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  TestWindow *window = g_object_new (TEST_TYPE_WINDOW, NULL);
  ThrThreadWrapper *job;

  job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  set_callbacks (job, window);
  thr_thread_wrapper_bind_to (job, G_OBJECT (window));
  g_assert_true (thr_thread_wrapper_get_ended_at (job) >= 0);
  g_object_run_dispose (G_OBJECT (window));
  /* Set after that, they are not called either. */
  set_callbacks (job, window);
  thr_test_run_until_closed (job);
  g_assert_cmpint (window->n_called, ==, 0);
  thr_test_drain ();
  g_assert_finalize_object (job);
  g_assert_finalize_object (window);
}

/* Somebody else whom the object tells that it goes waits for the job then. */
static void
join_cb (gpointer job,
         GObject *where_the_object_was)
{
  g_autoptr (GError) error = NULL;

  if (!thr_thread_wrapper_join (job, THR_FOREVER, NULL, &error))
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_joined_meanwhile (void)
{
  for (int disposed_only = 0; disposed_only < 2; disposed_only++)
    {
      g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
      TestWindow *window = g_object_new (TEST_TYPE_WINDOW, NULL);
      ThrThreadWrapper *job;

      job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
      set_callbacks (job, window);
      thr_thread_wrapper_bind_to (job, G_OBJECT (window));
      g_object_weak_ref (G_OBJECT (window), join_cb, job);
      if (disposed_only)
        {
          g_object_run_dispose (G_OBJECT (window));
          g_assert_cmpint (window->n_called, ==, 0);
        }
      g_assert_finalize_object (window);
      g_assert_true (thr_thread_wrapper_get_finished (job));
      thr_test_drain ();
      g_assert_finalize_object (job);
    }
}

/* Before the job is begun, and before it is submitted. */
static void
test_queued (void)
{
  ThrTestBusy busy;
  TestWindow *window = g_object_new (TEST_TYPE_WINDOW, NULL);
  ThrThreadWrapper *queued, *later;

  thr_test_busy_init (&busy);
  queued = thr_thread_manager_do_async (busy.manager, NULL, thr_test_job_return, NULL, NULL);
  later = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  set_callbacks (queued, window);
  set_callbacks (later, window);
  thr_thread_wrapper_bind_to (queued, G_OBJECT (window));
  thr_thread_wrapper_bind_to (later, G_OBJECT (window));
  g_assert_finalize_object (window);
  thr_test_run_until_closed (queued);
  g_assert_cmpint (thr_thread_wrapper_get_started_at (queued), ==, 0);
  g_assert_true (thr_thread_manager_submit (busy.manager, later, NULL));
  thr_test_run_until_closed (later);
  g_assert_error (thr_thread_wrapper_get_error (later), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  thr_test_drain ();
  g_assert_finalize_object (queued);
  g_assert_finalize_object (later);
  thr_test_busy_clear (&busy);
}

/* The first of two ends it. */
static void
test_two (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  TestWindow *first = g_object_new (TEST_TYPE_WINDOW, NULL);
  TestWindow *second = g_object_new (TEST_TYPE_WINDOW, NULL);
  ThrTestGate begun = THR_TEST_GATE_INIT;
  ThrThreadWrapper *job;

  job = thr_thread_manager_do_async (manager, NULL, thr_test_job_spin, &begun, NULL);
  set_callbacks (job, second);
  thr_thread_wrapper_bind_to (job, G_OBJECT (first));
  thr_thread_wrapper_bind_to (job, G_OBJECT (second));
  g_assert_finalize_object (first);
  thr_test_run_until_closed (job);
  g_assert_cmpint (second->n_called, ==, 0);
  g_assert_cmpint (second->n_signalled, ==, 1);
  thr_test_drain ();
  g_assert_finalize_object (job);
  g_assert_finalize_object (second);
  thr_test_gate_clear (&begun);
}

/* on_success closes its own window. */
static void
close_on_success (ThrThreadWrapper *thread,
                  const GValue     *result,
                  gpointer          user_data)
{
  TestWindow **window = user_data;

  g_assert_finalize_object (g_steal_pointer (window));
  g_assert_cmpint (n_destroyed, ==, 0);
}

static void
test_in_callback (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  TestWindow *window = g_object_new (TEST_TYPE_WINDOW, NULL);
  ThrThreadWrapper *job;

  n_destroyed = 0;
  job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  thr_thread_wrapper_set_on_success (job, close_on_success, &window, destroyed);
  thr_thread_wrapper_set_on_end (job, on_end, window, destroyed);
  thr_thread_wrapper_bind_to (job, G_OBJECT (window));
  thr_test_run_until_closed (job);
  g_assert_null (window);
  g_assert_cmpint (n_destroyed, ==, 2);
  thr_test_drain ();
  g_assert_finalize_object (job);
}

/* What the function sends home does not arrive either. */
typedef struct
{
  TestWindow *window;
  ThrTestGate posted;
  gboolean answer;
  GError *error;
} Sender;

static void
posted (gpointer user_data)
{
  TEST_WINDOW (user_data)->n_called++;
}

static gboolean
asked (ThrThreadWrapper *thread,
       gpointer          user_data,
       GError          **error)
{
  TEST_WINDOW (user_data)->n_called++;
  return TRUE;
}

static gboolean
send (ThrThreadWrapper *thread,
      gpointer          user_data,
      GError          **error)
{
  Sender *sender = user_data;

  g_assert_true (thr_invoke_owner (posted, sender->window, destroyed, NULL));
  thr_test_gate_open (&sender->posted);
  sender->answer = thr_thread_wrapper_invoke_sync (thread, asked, sender->window, destroyed, &sender->error);
  return TRUE;
}

static void
test_invocations (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  Sender sender = { .window = g_object_new (TEST_TYPE_WINDOW, NULL) };
  ThrThreadWrapper *job;

  n_destroyed = 0;
  job = thr_thread_manager_do_async (manager, NULL, send, &sender, NULL);
  thr_thread_wrapper_bind_to (job, G_OBJECT (sender.window));
  thr_test_gate_wait (&sender.posted);
  g_assert_finalize_object (sender.window);
  thr_test_run_until_closed (job);
  g_assert_cmpint (n_destroyed, ==, 2);
  g_assert_false (sender.answer);
  g_assert_error (sender.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&sender.error);
  thr_test_drain ();
  g_assert_finalize_object (job);
  thr_test_gate_clear (&sender.posted);
}

/* The same in a slice, which is at home itself. */
static gboolean
close_and_ask (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  Sender *sender = user_data;

  g_assert_finalize_object (sender->window);
  sender->answer = thr_thread_wrapper_invoke_sync (thread, asked, sender->window, destroyed, &sender->error);
  return TRUE;
}

static void
test_slice (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  Sender sender = { .window = g_object_new (TEST_TYPE_WINDOW, NULL) };
  ThrThreadWrapper *job;

  n_destroyed = 0;
  job = thr_thread_manager_do_sliced (manager, NULL, close_and_ask, &sender, NULL);
  thr_thread_wrapper_bind_to (job, G_OBJECT (sender.window));
  thr_test_run_until_closed (job);
  g_assert_cmpint (n_destroyed, ==, 1);
  g_assert_false (sender.answer);
  g_assert_error (sender.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&sender.error);
  thr_test_drain ();
  g_assert_finalize_object (job);
}

/* A failure that the window would have shown is not swallowed. */
static void
unhandled_cb (ThrThreadManager *manager,
              ThrThreadWrapper *thread,
              const GError     *failure,
              int              *count)
{
  g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  (*count)++;
}

static void
test_failure (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  TestWindow *window = g_object_new (TEST_TYPE_WINDOW, NULL);
  ThrThreadWrapper *job;
  int n_unhandled = 0;

  g_signal_connect (manager, "unhandled-error", G_CALLBACK (unhandled_cb), &n_unhandled);
  job = thr_thread_manager_do_async (manager, NULL, thr_test_job_fail, NULL, NULL);
  set_callbacks (job, window);
  thr_thread_wrapper_bind_to (job, G_OBJECT (window));
  thr_test_block_until (thr_thread_wrapper_get_finished_with (job) != THR_EXECUTION_STATE_CREATED);
  g_assert_finalize_object (window);
  thr_test_run_until_closed (job);
  thr_test_drain ();
  g_assert_finalize_object (job);
  thr_test_run_until (n_unhandled == 1);
}

/* Somebody else's garbage collection: the window goes on another thread, in the
 * middle of it all. */
static gpointer
unref_thread (gpointer data)
{
  g_object_unref (data);
  return NULL;
}

static void
test_away (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();

  for (guint round = 0; round < thr_test_scale (2000, 50); round++)
    {
      TestWindow *window = g_object_new (TEST_TYPE_WINDOW, NULL);
      GThread *thread = g_thread_new ("collector", unref_thread, g_object_ref (window));
      ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);

      thr_thread_wrapper_bind_to (job, G_OBJECT (window));
      if (round % 2)
        g_object_unref (window);
      else
        {
          g_thread_join (thread);
          thread = g_thread_new ("collector", unref_thread, window);
        }
      thr_test_run_until_closed (job);
      g_thread_join (thread);
      thr_test_finalize_soon (job);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/bind/alive", test_alive);
  g_test_add_func ("/bind/running", test_running);
  g_test_add_func ("/bind/disposed", test_disposed);
  g_test_add_func ("/bind/joined-meanwhile", test_joined_meanwhile);
  g_test_add_func ("/bind/queued", test_queued);
  g_test_add_func ("/bind/two", test_two);
  g_test_add_func ("/bind/in-callback", test_in_callback);
  g_test_add_func ("/bind/invocations", test_invocations);
  g_test_add_func ("/bind/slice", test_slice);
  g_test_add_func ("/bind/failure", test_failure);
  g_test_add_func ("/bind/away", test_away);

  return g_test_run ();
}
