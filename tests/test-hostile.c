/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Callbacks that do the worst there is, a main that does not wait, and two
 * libraries that do not know of each other. */

#include "config.h"

#include "thr-test-worker.h"

#include <stdlib.h>

/* What a callback does, at each place that calls one. */

typedef struct _Hostile Hostile;

typedef void (*Deed) (Hostile *self);

struct _Hostile
{
  ThrThreadManager *manager; /* until a deed has dropped it */
  ThrThreadWrapper *job;     /* the same */
  Deed deed;
  guint n_deeds;
  guint n_more;
  guint n_ended; /* of those */
};

static void
more_ended (ThrThreadWrapper *thread,
            gpointer          user_data)
{
  Hostile *self = user_data;

  self->n_ended++;
}

static void
expected (ThrThreadWrapper *thread,
          const GError     *failure,
          gpointer          user_data)
{
}

static void
unhandled (ThrThreadManager *manager,
           ThrThreadWrapper *thread,
           const GError     *failure,
           gpointer          user_data)
{
  g_signal_stop_emission_by_name (manager, "unhandled-error");
}

static void
submit_more (Hostile *self)
{
  g_autoptr (ThrThreadWrapper) job = NULL;

  if (self->manager == NULL || self->n_more >= 20)
    return;
  job = thr_thread_wrapper_new (NULL, self->n_more % 2 ? thr_test_job_return : thr_test_job_fail, NULL, NULL);
  thr_thread_wrapper_set_on_fail (job, expected, NULL, NULL);
  thr_thread_wrapper_set_on_end (job, more_ended, self, NULL);
  self->n_more++;
  g_assert_true (thr_thread_manager_submit (self->manager, job, NULL));
}

static void
do_stop (Hostile *self)
{
  submit_more (self);
  if (self->manager != NULL)
    thr_thread_manager_stop (self->manager);
  submit_more (self);
}

static void
do_halt (Hostile *self)
{
  submit_more (self);
  if (self->manager != NULL)
    thr_thread_manager_halt (self->manager, thr_test_deadline (), NULL);
}

static void
do_shutdown (Hostile *self)
{
  submit_more (self);
  if (self->manager != NULL)
    thr_thread_manager_shutdown_async (self->manager, THR_SHUTDOWN_MODE_HALT, 0, NULL, NULL, NULL);
}

static void
do_drop (Hostile *self)
{
  submit_more (self);
  g_clear_object (&self->manager);
  g_clear_object (&self->job);
}

static void
do_nest (Hostile *self)
{
  submit_more (self);
  for (int i = 0; i < 5; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
do_join (Hostile *self)
{
  submit_more (self);
  if (self->job != NULL)
    thr_thread_wrapper_join (self->job, 1000, NULL, NULL);
  if (self->manager != NULL)
    thr_thread_manager_wait_idle (self->manager, 1000, NULL, NULL);
}

static void
do_all (Hostile *self)
{
  do_nest (self);
  do_stop (self);
  if (self->manager != NULL)
    thr_thread_manager_start (self->manager);
  do_join (self);
  do_shutdown (self);
  do_halt (self);
  do_drop (self);
}

/* A deed may be the cause of the next one, but not without end. */
static void
strike (Hostile *self)
{
  if (self->n_deeds++ < 10)
    self->deed (self);
}

static void
success_cb (ThrThreadWrapper *thread,
            const GValue     *result,
            gpointer          user_data)
{
  strike (user_data);
}

static void
fail_cb (ThrThreadWrapper *thread,
         const GError     *failure,
         gpointer          user_data)
{
  strike (user_data);
}

static void
end_cb (ThrThreadWrapper *thread,
        gpointer          user_data)
{
  strike (user_data);
}

static void
notify_cb (GObject    *object,
           GParamSpec *pspec,
           gpointer    user_data)
{
  strike (user_data);
}

static void
items_cb (GListModel *model,
          guint       position,
          guint       removed,
          guint       added,
          gpointer    user_data)
{
  strike (user_data);
}

static void
unhandled_cb (ThrThreadManager *manager,
              ThrThreadWrapper *thread,
              const GError     *failure,
              gpointer          user_data)
{
  g_signal_stop_emission_by_name (manager, "unhandled-error");
  strike (user_data);
}

static void
wait_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  strike (user_data);
}

static const char *const places[] = {
  "success", "fail", "end", "job-notify", "destroy", "items-changed", "manager-notify", "unhandled", "wait", NULL
};

static void
act_at (const char *place,
        Deed        deed)
{
  Hostile self = { .deed = deed };
  gboolean fails = g_str_equal (place, "fail") || g_str_equal (place, "unhandled");
  ThrThreadManager *manager = thr_thread_manager_new ();
  gpointer alive = manager, job_alive;

  self.manager = manager;
  g_object_add_weak_pointer (G_OBJECT (manager), &alive);
  if (g_str_equal (place, "unhandled"))
    g_signal_connect (manager, "unhandled-error", G_CALLBACK (unhandled_cb), &self);
  else
    g_signal_connect (manager, "unhandled-error", G_CALLBACK (unhandled), NULL);
  /* One that comes and goes in one delivery would be no change. */
  if (g_str_equal (place, "items-changed"))
    {
      thr_thread_manager_set_keep_finished (manager, 1);
      g_signal_connect (manager, "items-changed", G_CALLBACK (items_cb), &self);
    }
  if (g_str_equal (place, "manager-notify"))
    g_signal_connect (manager, "notify", G_CALLBACK (notify_cb), &self);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (manager)), ==, 0);

  job_alive = self.job = thr_thread_wrapper_new (NULL, fails ? thr_test_job_fail : thr_test_job_return, &self,
                                                 g_str_equal (place, "destroy") ? (GDestroyNotify) strike : NULL);
  g_object_add_weak_pointer (G_OBJECT (self.job), &job_alive);
  if (g_str_equal (place, "success"))
    thr_thread_wrapper_set_on_success (self.job, success_cb, &self, NULL);
  if (g_str_equal (place, "fail"))
    thr_thread_wrapper_set_on_fail (self.job, fail_cb, &self, NULL);
  if (g_str_equal (place, "end"))
    thr_thread_wrapper_set_on_end (self.job, end_cb, &self, NULL);
  if (g_str_equal (place, "job-notify"))
    g_signal_connect (self.job, "notify", G_CALLBACK (notify_cb), &self);
  if (g_str_equal (place, "wait"))
    thr_thread_wrapper_wait_async (self.job, NULL, wait_cb, &self);
  g_object_ref (manager);
  g_assert_true (thr_thread_manager_submit (manager, self.job, NULL));
  if (g_str_equal (place, "manager-notify"))
    thr_thread_manager_set_name (manager, "anew");
  g_object_unref (manager);

  /* As long as somebody holds it, it can still be asked for its error. */
  if (g_str_equal (place, "unhandled"))
    g_clear_object (&self.job);

  /* The data is destroyed with the job, when that is closed. */
  thr_test_poll_until (self.n_deeds > 0);
  thr_test_poll_until (self.n_ended == self.n_more);
  g_clear_object (&self.manager);
  g_clear_object (&self.job);
  thr_test_poll_until (alive == NULL && job_alive == NULL);
  thr_test_drain ();
  g_assert_cmpuint (self.n_ended, ==, self.n_more);
}

static void
test_callbacks (gconstpointer data)
{
  Deed deed = (Deed) data;

  for (guint i = 0; places[i] != NULL; i++)
    {
      g_test_message ("%s", places[i]);
      for (int times = 0; times < 5; times++)
        act_at (places[i], deed);
    }
}

/* A listener that stops its worker, drops it, waits in it, and fires anew. */

typedef struct
{
  ThrWorker *worker; /* the only reference, until the listener drops it */
  int n_heard;
  int n_destroyed;
} Prey;

static gboolean
hear_and_drop (ThrWorker *worker,
               ThrEvent  *event,
               gpointer   user_data,
               GError   **error)
{
  Prey *prey = user_data;

  if (g_atomic_int_add (&prey->n_heard, 1) > 0)
    return TRUE;
  thr_worker_fire (worker, "A", NULL, NULL);
  thr_worker_update (worker, NULL);
  thr_worker_pause (worker);
  thr_worker_resume (worker);
  thr_worker_stop (worker);
  thr_worker_wait_timeout (worker, 1000, NULL);
  g_clear_object (&prey->worker);

  return TRUE;
}

static void
listener_destroyed (gpointer user_data)
{
  Prey *prey = user_data;

  g_atomic_int_inc (&prey->n_destroyed);
}

static void
test_listener (void)
{
  for (int times = 0; times < 20; times++)
    {
      Prey prey = { thr_worker_new (NULL, NULL, NULL, NULL), 0, 0 };
      gpointer alive = prey.worker;

      g_object_add_weak_pointer (alive, &alive);
      thr_worker_listen (prey.worker, "A", hear_and_drop, &prey, listener_destroyed);
      thr_test_worker_start (prey.worker);
      g_assert_true (thr_worker_fire (prey.worker, "A", NULL, NULL));
      thr_test_poll_until (alive == NULL);
      thr_test_poll_until (g_atomic_int_get (&prey.n_destroyed) == 1);
      g_assert_cmpint (prey.n_heard, >=, 1);
    }
}

/* main() returns while a job and a worker run that never look. */

static gboolean
never_end (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  thr_test_gate_open (user_data);
  while (thr_test_gate_is_open (user_data))
    g_usleep (G_USEC_PER_SEC);
  return TRUE;
}

static gboolean
never_stop (ThrWorker *worker,
            gpointer   user_data,
            GError   **error)
{
  thr_test_gate_open (user_data);
  while (thr_test_gate_is_open (user_data))
    g_usleep (G_USEC_PER_SEC);
  return TRUE;
}

static void
test_exit (void)
{
  static ThrTestGate job_runs, worker_runs;
  g_autoptr (GError) error = NULL;
  ThrWorker *worker;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, (guint64) thr_test_deadline (), G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }

  thr_thread_manager_do_async (thr_thread_manager_get_default (), "deaf", never_end, &job_runs, NULL);
  worker = thr_worker_new ("dumb", never_stop, &worker_runs, NULL);
  thr_test_worker_start (worker);
  thr_test_gate_wait (&job_runs);
  thr_test_gate_wait (&worker_runs);

  g_assert_false (thr_shutdown (THR_SHUTDOWN_MODE_HALT, 50000, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_nonnull (g_strstr_len (error->message, -1, "deaf"));
  exit (0);
}

/* Two libraries use the default manager: each sets its own limit, and waits for
 * what is its own. The limit that was set last holds; nobody's jobs are lost. */

#define N_OWN 200

/* Jobs that wait for a permit each, and know how many of them run at once. */
typedef struct
{
  GMutex mutex;
  GCond cond;
  int n_permits;
  int n_running;
  int most;
} Turnstile;

typedef struct
{
  Turnstile *turnstile;
  guint limit;
  guint n_begun;
  guint n_ended;
} Library;

static gboolean
library_job (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Turnstile *self = user_data;
  gint64 until = g_get_monotonic_time () + thr_test_deadline ();

  g_mutex_lock (&self->mutex);
  self->n_running++;
  self->most = MAX (self->most, self->n_running);
  while (self->n_permits == 0)
    if (!g_cond_wait_until (&self->cond, &self->mutex, until))
      g_error ("no permit for %s", thr_thread_wrapper_get_ident (thread));
  self->n_permits--;
  self->n_running--;
  g_mutex_unlock (&self->mutex);
  return TRUE;
}

static void
turnstile_permit (Turnstile *self,
                  int        n)
{
  g_mutex_lock (&self->mutex);
  self->n_permits += n;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
}

/* Those that took a permit are no longer among them. */
static gboolean
turnstile_is_at (Turnstile *self,
                 int        n_running)
{
  gboolean is;

  g_mutex_lock (&self->mutex);
  is = self->n_permits == 0 && self->n_running == n_running;
  g_mutex_unlock (&self->mutex);
  return is;
}

/* The most that ran at once since this was asked last. */
static int
turnstile_take_most (Turnstile *self)
{
  int most;

  g_mutex_lock (&self->mutex);
  most = self->most;
  self->most = self->n_running;
  g_mutex_unlock (&self->mutex);
  return most;
}

static void
library_done (ThrThreadWrapper *thread,
              gpointer          user_data)
{
  Library *self = user_data;

  self->n_ended++;
}

static void
library_begin (Library *self)
{
  ThrThreadManager *manager = thr_thread_manager_get_default ();
  g_autoptr (ThrThreadWrapper) job = thr_thread_wrapper_new (NULL, library_job, self->turnstile, NULL);

  thr_thread_wrapper_set_on_end (job, library_done, self, NULL);
  g_assert_true (thr_thread_manager_submit (manager, job, NULL));
  self->n_begun++;
}

static void
library_limit (Library *self)
{
  ThrThreadManager *manager = thr_thread_manager_get_default ();

  g_assert_true (thr_thread_manager_set_thread_limit (manager, self->limit, NULL));
  g_assert_cmpuint (thr_thread_manager_get_thread_limit (manager), ==, self->limit);
}

/* All of these are done, and as many as the limit allows run in their place, but
 * not one more at any time. */
static void
assert_running (Turnstile *turnstile,
                int        n_permits,
                guint      n_running,
                guint      n_queued)
{
  ThrThreadManager *manager = thr_thread_manager_get_default ();

  turnstile_permit (turnstile, n_permits);
  thr_test_poll_until (turnstile_is_at (turnstile, (int) n_running));
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, n_running);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, n_queued);
  g_assert_cmpint (turnstile_take_most (turnstile), ==, n_running);
}

static void
test_two_libraries (void)
{
  ThrThreadManager *manager = thr_thread_manager_get_default ();
  guint before = thr_thread_manager_get_thread_limit (manager);
  Turnstile turnstile = { 0 };
  Library one = { &turnstile, 1, 0, 0 }, other = { &turnstile, 8, 0, 0 };

  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));

  /* The jobs of both heed whichever limit there is. */
  library_limit (&other);
  library_limit (&one);
  for (int i = 0; i < 10; i++)
    {
      library_begin (&one);
      library_begin (&other);
    }
  assert_running (&turnstile, 0, 1, 19);
  assert_running (&turnstile, 3, 1, 16);
  library_limit (&other);
  assert_running (&turnstile, 0, 8, 9);
  assert_running (&turnstile, 2, 8, 7);

  /* What runs goes on; of what is queued, nothing starts until none else runs. */
  library_limit (&one);
  assert_running (&turnstile, 0, 8, 7);
  turnstile_permit (&turnstile, 7);
  thr_test_poll_until (turnstile_is_at (&turnstile, 1));
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 7);
  turnstile_take_most (&turnstile);
  assert_running (&turnstile, 2, 1, 5);
  turnstile_permit (&turnstile, 6);
  thr_test_poll_until (one.n_ended == one.n_begun && other.n_ended == other.n_begun);
  g_assert_cmpint (turnstile_take_most (&turnstile), ==, 1);

  /* And at every moment. */
  turnstile_permit (&turnstile, 2 * N_OWN);
  for (int i = 0; i < N_OWN; i++)
    {
      library_limit (&one);
      library_begin (&one);
      library_limit (&other);
      library_begin (&other);
      /* One of them stops all that it thinks is its own, and is sorry. */
      if (i == N_OWN / 2)
        {
          thr_thread_manager_stop (manager);
          thr_thread_manager_start (manager);
        }
      g_assert_cmpuint (thr_thread_manager_get_n_running (manager), <=, 8);
    }
  thr_test_poll_until (one.n_ended == one.n_begun && other.n_ended == other.n_begun);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_cmpint (turnstile_take_most (&turnstile), <=, 8);
  g_assert_true (thr_thread_manager_set_thread_limit (manager, before, NULL));
  g_mutex_clear (&turnstile.mutex);
  g_cond_clear (&turnstile.cond);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/hostile/callbacks/submit", submit_more, test_callbacks);
  g_test_add_data_func ("/hostile/callbacks/stop", do_stop, test_callbacks);
  g_test_add_data_func ("/hostile/callbacks/halt", do_halt, test_callbacks);
  g_test_add_data_func ("/hostile/callbacks/shutdown", do_shutdown, test_callbacks);
  g_test_add_data_func ("/hostile/callbacks/drop", do_drop, test_callbacks);
  g_test_add_data_func ("/hostile/callbacks/nest", do_nest, test_callbacks);
  g_test_add_data_func ("/hostile/callbacks/join", do_join, test_callbacks);
  g_test_add_data_func ("/hostile/callbacks/all", do_all, test_callbacks);
  g_test_add_func ("/hostile/listener", test_listener);
  g_test_add_func ("/hostile/exit", test_exit);
  g_test_add_func ("/hostile/two-libraries", test_two_libraries);

  return g_test_run ();
}
