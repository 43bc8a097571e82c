/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any number of jobs follow one cancellable of the user's. */

#include "config.h"

#include "thr-test.h"
#include "threads/thr-core-private.h"

#include <time.h>

typedef struct
{
  GThread *home;
  guint n_cancelled;
  guint n_succeeded;
  guint n_ended;
  ThrTestHome *jobs; /* watches them, if there is one */
} Tally;

static void
tally_on_success (ThrThreadWrapper *thread,
                  const GValue     *result,
                  gpointer          user_data)
{
  Tally *tally = user_data;

  tally->n_succeeded++;
}

static void
tally_on_fail (ThrThreadWrapper *thread,
               const GError     *failure,
               gpointer          user_data)
{
  Tally *tally = user_data;

  g_assert_true (g_thread_self () == tally->home);
  g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_cancellable_is_cancelled (thr_thread_wrapper_get_cancellable (thread)));
  tally->n_cancelled++;
}

static void
tally_on_end (ThrThreadWrapper *thread,
              gpointer          user_data)
{
  Tally *tally = user_data;

  tally->n_ended++;
}

static void
follow (ThrThreadManager *manager,
        GCancellable     *cancellable,
        ThrThreadFunc     func,
        gpointer          user_data,
        Tally            *tally)
{
  g_autoptr (ThrThreadWrapper) thread = thr_thread_wrapper_new (NULL, func, user_data, NULL);
  g_autoptr (GError) error = NULL;
  gboolean done;

  done = thr_thread_wrapper_follow_cancellable (thread, cancellable, &error);
  g_assert_no_error (error);
  g_assert_true (done);
  thr_thread_wrapper_set_on_success (thread, tally_on_success, tally, NULL);
  thr_thread_wrapper_set_on_fail (thread, tally_on_fail, tally, NULL);
  thr_thread_wrapper_set_on_end (thread, tally_on_end, tally, NULL);
  if (tally->jobs != NULL)
    thr_test_home_watch (tally->jobs, thread);
  done = thr_thread_manager_submit (manager, thread, &error);
  g_assert_no_error (error);
  g_assert_true (done);
}

static gboolean
must_not_run (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  g_assert_not_reached ();
}

/* ---- a hundred thousand ---- */

/* In microseconds, of this thread alone: who is preempted does no work. */
static gint64
get_cpu_time (void)
{
  struct timespec now;

  g_assert_cmpint (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now), ==, 0);

  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

typedef struct
{
  GCancellable *cancellable;
  gint64 taken;
} Cancel;

static gboolean
cancel_func (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Cancel *self = user_data;
  gint64 begun = get_cpu_time ();

  g_cancellable_cancel (self->cancellable);
  self->taken = get_cpu_time () - begun;

  return TRUE;
}

/* How much work g_cancellable_cancel() is with n jobs that follow. */
static gint64
cancel_many (guint    n,
             gboolean in_a_job)
{
  ThrTestBusy busy;
  Tally tally = { g_thread_self (), 0, 0, 0, NULL };
  GCancellable *cancellable = g_cancellable_new ();
  Cancel cancel = { cancellable, 0 };

  thr_test_busy_init (&busy);
  for (guint i = 0; i < n; i++)
    follow (busy.manager, cancellable, must_not_run, NULL, &tally);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (busy.manager), ==, n);

  if (in_a_job)
    {
      ThrThreadManager *other = thr_thread_manager_new ();
      ThrThreadWrapper *thread = thr_thread_manager_do_async (other, NULL, cancel_func, &cancel, NULL);

      thr_test_run_until_closed (thread);
      g_assert_finalize_object (thread);
      g_assert_finalize_object (other);
    }
  else
    cancel_func (NULL, &cancel, NULL);

  /* They end although the manager is busy, each with that error. */
  thr_test_run_until (tally.n_ended == n);
  g_assert_cmpuint (tally.n_cancelled, ==, n);
  g_assert_cmpuint (tally.n_succeeded, ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (busy.manager), ==, 0);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (busy.blocker), ==, THR_EXECUTION_STATE_RUNNING);
  thr_test_busy_clear (&busy);

  /* Still usable, and by others than us. */
  g_cancellable_reset (cancellable);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  thr_test_finalize_soon (cancellable);

  return cancel.taken;
}

static void
test_many (gconstpointer user_data)
{
  gboolean in_a_job = GPOINTER_TO_INT (user_data);
  gint64 few = G_MAXINT64, many = G_MAXINT64;

  for (guint i = 0; i < 3; i++)
    {
      few = MIN (few, cancel_many (thr_test_scale (1000, 50), in_a_job));
      many = MIN (many, cancel_many (thr_test_scale (100000, 1000), in_a_job));
    }
  g_test_message ("1,000 jobs: %" G_GINT64_FORMAT " µs, 100,000 jobs: %" G_GINT64_FORMAT " µs", few, many);

  /* A hundred times as many: no more than a mark and a post. A job each, at a
   * hundredth of a microsecond, would be a millisecond. */
  g_assert_cmpint (many, <=, 10 * few + 500);
}

/* ---- before, and inside ---- */

static void
test_before_submit (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  GCancellable *cancellable = g_cancellable_new ();
  Tally tally = { g_thread_self (), 0, 0, 0, NULL };

  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < 100; i++)
    follow (manager, cancellable, must_not_run, NULL, &tally);
  thr_test_run_until (tally.n_ended == 100);
  g_assert_cmpuint (tally.n_cancelled, ==, 100);

  /* Reset, it is as good as new. */
  g_cancellable_reset (cancellable);
  for (guint i = 0; i < 100; i++)
    follow (manager, cancellable, thr_test_job_return, NULL, &tally);
  thr_test_run_until (tally.n_ended == 200);
  g_assert_cmpuint (tally.n_cancelled, ==, 100);
  g_assert_cmpuint (tally.n_succeeded, ==, 100);

  g_assert_finalize_object (manager);
  thr_test_finalize_soon (cancellable);
}

typedef struct
{
  ThrThreadManager *manager;
  GCancellable *next;
  Tally *tally;
} Chain;

static void
chain_cb (GCancellable *cancellable,
          gpointer      user_data)
{
  Chain *chain = user_data;

  /* Whatever is done inside a handler of ::cancelled: no deadlock. */
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  follow (chain->manager, cancellable, must_not_run, NULL, chain->tally);
  g_cancellable_cancel (chain->next);
}

static void
test_inside_handler (void)
{
  ThrTestBusy busy;
  GCancellable *first = g_cancellable_new (), *second = g_cancellable_new ();
  Tally tally = { g_thread_self (), 0, 0, 0, NULL };
  Chain chain;
  gulong handler = 0;

  thr_test_busy_init (&busy);
  chain = (Chain) { busy.manager, second, &tally };
  for (guint i = 0; i < 100; i++)
    {
      /* Among the handlers of the jobs, before and after. */
      if (i == 50)
        handler = g_signal_connect (first, "cancelled", G_CALLBACK (chain_cb), &chain);
      follow (busy.manager, i % 2 == 0 ? first : second, must_not_run, NULL, &tally);
    }
  g_cancellable_cancel (first);
  thr_test_run_until (tally.n_ended == 101);
  g_assert_cmpuint (tally.n_cancelled, ==, 101);
  thr_test_busy_clear (&busy);
  g_signal_handler_disconnect (first, handler);
  thr_test_drain ();
  thr_test_finalize_soon (first);
  thr_test_finalize_soon (second);
}

/* Cancelled by a callback of the first of them. */
typedef struct
{
  Tally tally;
  GCancellable *cancellable;
} Self;

static void
self_on_end (ThrThreadWrapper *thread,
             gpointer          user_data)
{
  Self *self = user_data;

  g_cancellable_cancel (self->cancellable);
  tally_on_end (thread, &self->tally);
}

static void
test_inside_callback (void)
{
  guint n = thr_test_scale (100, 10);

  for (guint i = 0; i < n; i++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();
      GCancellable *cancellable = g_cancellable_new ();
      Self self = { { g_thread_self (), 0, 0, 0, NULL }, cancellable };

      g_assert_true (thr_thread_manager_set_thread_limit (manager, 2, NULL));
      for (guint j = 0; j < 50; j++)
        {
          g_autoptr (ThrThreadWrapper) thread = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);

          g_assert_true (thr_thread_wrapper_follow_cancellable (thread, cancellable, NULL));
          thr_thread_wrapper_set_on_success (thread, tally_on_success, &self.tally, NULL);
          thr_thread_wrapper_set_on_fail (thread, tally_on_fail, &self.tally, NULL);
          thr_thread_wrapper_set_on_end (thread, self_on_end, &self, NULL);
          g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
        }
      thr_test_run_until (self.tally.n_ended == 50);
      g_assert_cmpuint (self.tally.n_cancelled + self.tally.n_succeeded, ==, 50);
      g_assert_cmpuint (self.tally.n_succeeded, >, 0);
      thr_test_drain ();
      g_assert_finalize_object (manager);
      thr_test_finalize_soon (cancellable);
    }
}

/* ---- running and paused ones ---- */

static gboolean
paused_func (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  thr_thread_wrapper_pause (thread);
  thr_test_gate_open (user_data);

  return thr_thread_wrapper_checkpoint (thread, error);
}

static void
test_running (void)
{
  guint n = thr_test_scale (100, 10);

  for (guint i = 0; i < n; i++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();
      GCancellable *cancellable = g_cancellable_new ();
      ThrTestGate gates[3] = { 0 };
      Tally tally = { g_thread_self (), 0, 0, 0, NULL };

      follow (manager, cancellable, thr_test_job_spin, &gates[0], &tally);
      follow (manager, cancellable, paused_func, &gates[1], &tally);
      follow (manager, cancellable, paused_func, &gates[2], &tally);
      for (guint j = 0; j < G_N_ELEMENTS (gates); j++)
        thr_test_gate_wait (&gates[j]);
      /* The manager's own going does not take the cancellable from them. */
      if (i % 2 == 0)
        g_clear_object (&manager);
      g_cancellable_cancel (cancellable);
      thr_test_run_until (tally.n_ended == 3);
      g_assert_cmpuint (tally.n_cancelled, ==, 3);
      thr_test_drain ();
      if (manager != NULL)
        g_assert_finalize_object (manager);
      thr_test_finalize_soon (cancellable);
      for (guint j = 0; j < G_N_ELEMENTS (gates); j++)
        thr_test_gate_clear (&gates[j]);
    }
}

/* Cancelled by several threads while others submit. */
typedef struct
{
  ThrThreadManager *manager;
  GCancellable *cancellables[4];
  int n_done;
} Many;

static gpointer
many_thread (gpointer user_data)
{
  Many *many = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  ThrTestHome jobs;
  Tally tally = { g_thread_self (), 0, 0, 0, &jobs };
  guint n = thr_test_scale (2000, 100);

  thr_test_home_init (&jobs);
  g_main_context_push_thread_default (context);
  for (guint i = 0; i < n; i++)
    {
      follow (many->manager, many->cancellables[i % 4], thr_test_job_return, NULL, &tally);
      if (i % 50 == 49)
        g_cancellable_cancel (many->cancellables[(i / 50) % 4]);
      if (i % 50 == 20)
        g_cancellable_reset (many->cancellables[(i / 50) % 4]);
    }
  thr_test_run_until (tally.n_ended == n);
  thr_test_run_until (thr_test_home_n_finalized (&jobs) == (int) n);
  g_assert_cmpint (thr_test_home_n_away (&jobs), ==, 0);
  g_assert_cmpuint (tally.n_cancelled + tally.n_succeeded, ==, n);
  thr_test_drain ();
  g_main_context_pop_thread_default (context);
  g_atomic_int_inc (&many->n_done);

  return NULL;
}

static void
test_many_threads (void)
{
  Many many = { thr_thread_manager_new (), { NULL }, 0 };
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (many.cancellables); i++)
    many.cancellables[i] = g_cancellable_new ();
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("many", many_thread, &many);
  thr_test_poll_until (g_atomic_int_get (&many.n_done) == 4);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  thr_test_drain ();
  g_assert_finalize_object (many.manager);
  for (guint i = 0; i < G_N_ELEMENTS (many.cancellables); i++)
    {
      thr_test_finalize_soon (many.cancellables[i]);
    }
}

/* ---- cancelled at the worst moment ---- */

typedef struct
{
  ThrThreadManager *manager;
  ThrThreadWrapper *thread;
} Submission;

static gpointer
submit_thread (gpointer user_data)
{
  Submission *self = user_data;

  g_assert_true (thr_thread_manager_submit (self->manager, self->thread, NULL));

  return NULL;
}

static void
count_fail (ThrThreadWrapper *thread,
            const GError     *failure,
            gpointer          user_data)
{
  g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ++*(int *) user_data;
}

static ThrThreadWrapper *
make_follower (GCancellable *cancellable,
               int          *n_failed)
{
  ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, must_not_run, NULL, NULL);

  g_assert_true (thr_thread_wrapper_follow_cancellable (thread, cancellable, NULL));
  thr_thread_wrapper_set_on_fail (thread, count_fail, n_failed, NULL);

  return thread;
}

/* The first job that follows is being submitted, and was found not to be
 * cancelled, when the cancellable is cancelled: what comes once it is reset
 * still hears of the next time, queued as it is. Whether the first one got as
 * far as that shows only in its end, so this is tried until it did. */
static void
test_while_connecting (void)
{
  guint n_hit = 0;

  for (guint i = 0; i < 1000 && n_hit < 10; i++)
    {
      ThrTestBusy busy;
      GCancellable *cancellable = g_cancellable_new ();
      ThrThreadWrapper *first, *second;
      Submission submission;
      GThread *other;
      ThrCore *core;
      int n_failed = 0;

      thr_test_busy_init (&busy);
      core = thr_core_of (busy.manager);
      first = make_follower (cancellable, &n_failed);
      second = make_follower (cancellable, &n_failed);

      /* With the lock held it cannot enter the queue before it is cancelled. */
      submission = (Submission) { busy.manager, first };
      g_mutex_lock (&core->queue_lock);
      other = g_thread_new ("submit", submit_thread, &submission);
      thr_test_block_until (atomic_load (&first->home.flags) & THR_JOB_FLYING);
      for (guint j = 0; j < 100; j++)
        g_thread_yield ();
      g_cancellable_cancel (cancellable);
      g_mutex_unlock (&core->queue_lock);
      g_thread_join (other);

      n_hit += thr_job_peek_extra (first)->group != NULL;

      g_cancellable_reset (cancellable);
      g_assert_true (thr_thread_manager_submit (busy.manager, second, NULL));
      g_cancellable_cancel (cancellable);
      thr_test_run_until (n_failed == 2);
      thr_test_drain ();
      thr_test_finalize_soon (first);
      thr_test_finalize_soon (second);
      thr_test_busy_clear (&busy);
      thr_test_finalize_soon (cancellable);
    }
  g_assert_cmpuint (n_hit, >, 0);
}

/* ---- an owner that leaves ---- */

/* Its owner sees the job CLOSED and leaves for good, while another thread is
 * still busy asking the job to end. */
typedef struct
{
  ThrThreadManager *manager;
  GCancellable *cancellable; /* NULL: the manager is halted */
  GMainContext *context;     /* good as long as the owner is there */
  ThrTestHome home;
  ThrTestGate begun;
  ThrTestGate asked;
  ThrTestGate go_on;
  ThrTestGate looked;
  gboolean closed;
} Leaving;

static gboolean
end_when_asked (ThrThreadWrapper *thread,
                gpointer          user_data,
                GError          **error)
{
  Leaving *self = user_data;

  thr_test_gate_open (&self->begun);
  thr_test_gate_wait (&self->asked);

  return thr_thread_wrapper_checkpoint (thread, error);
}

/* On the thread that asks. */
static void
dawdle_cb (GCancellable *cancellable,
           gpointer      user_data)
{
  Leaving *self = user_data;

  thr_test_gate_open (&self->asked);
  thr_test_gate_wait (&self->go_on);
}

static void
note_closed (ThrThreadWrapper *thread,
             GParamSpec       *pspec,
             gpointer          user_data)
{
  Leaving *self = user_data;

  self->closed = thr_thread_wrapper_get_execution_state (thread) == THR_EXECUTION_STATE_CLOSED;
}

static gboolean
nothing_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
looked_cb (gpointer user_data)
{
  Leaving *self = user_data;

  thr_test_gate_open (&self->looked);

  return G_SOURCE_REMOVE;
}

static gpointer
leaving_thread (gpointer user_data)
{
  Leaving *self = user_data;
  ThrThreadWrapper *thread;
  GSource *source;

  thr_test_home_init (&self->home);
  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);
  thread = thr_thread_wrapper_new (NULL, end_when_asked, self, NULL);
  thr_test_home_watch (&self->home, thread);
  g_signal_connect (thread, "notify::execution-state", G_CALLBACK (note_closed), self);
  g_signal_connect (thr_thread_wrapper_get_cancellable (thread), "cancelled",
                    G_CALLBACK (dawdle_cb), self);
  if (self->cancellable != NULL)
    g_assert_true (thr_thread_wrapper_follow_cancellable (thread, self->cancellable, NULL));
  g_assert_true (thr_thread_manager_submit (self->manager, thread, NULL));
  g_object_unref (thread);

  thr_test_run_until (self->closed);

  /* Freed with the context. */
  source = g_timeout_source_new_seconds (1000);
  g_source_set_callback (source, nothing_cb, &self->home, thr_test_home_destroy);
  g_source_attach (source, self->context);
  g_source_unref (source);
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);
  thr_test_gate_open (&self->looked);

  return NULL;
}

static gpointer
ask_thread (gpointer user_data)
{
  Leaving *self = user_data;

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  else
    thr_thread_manager_halt (self->manager, 0, NULL);

  return NULL;
}

static void
test_owner_leaves (gconstpointer user_data)
{
  gboolean halt = GPOINTER_TO_INT (user_data);
  Leaving leaving = { .manager = thr_thread_manager_new () };
  GSource *source = g_idle_source_new ();
  GThread *owner, *asker;

  if (!halt)
    leaving.cancellable = g_cancellable_new ();
  owner = g_thread_new ("owner", leaving_thread, &leaving);
  thr_test_gate_wait (&leaving.begun);
  asker = g_thread_new ("ask", ask_thread, &leaving);
  thr_test_gate_wait (&leaving.asked);
  thr_test_block_until (thr_thread_manager_get_n_running (leaving.manager) == 0);

  /* The owner looks at what has come; it may leave, or may have to wait. */
  g_source_set_callback (source, looked_cb, &leaving, NULL);
  g_source_attach (source, leaving.context);
  thr_test_gate_wait (&leaving.looked);
  thr_test_gate_open (&leaving.go_on);
  g_thread_join (owner);
  g_thread_join (asker);
  g_source_unref (source);

  g_assert_cmpint (thr_test_home_n_finalized (&leaving.home), ==, 1);
  g_assert_cmpint (thr_test_home_n_away (&leaving.home), ==, 0);
  thr_test_poll_until (thr_test_home_n_destroyed (&leaving.home) == 1);
  thr_test_drain ();
  g_assert_finalize_object (leaving.manager);
  if (!halt)
    thr_test_finalize_soon (leaving.cancellable);
  thr_test_gate_clear (&leaving.begun);
  thr_test_gate_clear (&leaving.asked);
  thr_test_gate_clear (&leaving.go_on);
  thr_test_gate_clear (&leaving.looked);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/cancel/many/owner", GINT_TO_POINTER (FALSE), test_many);
  g_test_add_data_func ("/cancel/many/job", GINT_TO_POINTER (TRUE), test_many);
  g_test_add_func ("/cancel/before-submit", test_before_submit);
  g_test_add_func ("/cancel/inside-handler", test_inside_handler);
  g_test_add_func ("/cancel/inside-callback", test_inside_callback);
  g_test_add_func ("/cancel/running", test_running);
  g_test_add_func ("/cancel/many-threads", test_many_threads);
  g_test_add_func ("/cancel/while-connecting", test_while_connecting);
  g_test_add_data_func ("/cancel/owner-leaves/group", GINT_TO_POINTER (FALSE), test_owner_leaves);
  g_test_add_data_func ("/cancel/owner-leaves/halt", GINT_TO_POINTER (TRUE), test_owner_leaves);

  return g_test_run ();
}
