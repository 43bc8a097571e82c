/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two hundred workers in a random tree fire, pause, stop, restart, wait and
 * publish at random; in the end nothing of it is left. The seed is the one that
 * GTest prints, and takes by --seed. THR_STRESS_SECONDS says how long. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

#define N_WORKERS 200
#define N_CHANNELS 4

typedef struct
{
  ThrWorker *workers[N_WORKERS];
  guint n_workers;
  ThrChannel *channels[N_CHANNELS];
  gint64 until;
  int closing;   /* no one starts another any more */
  guint seed;
  int n_runs;
  int n_heard;
} Stress;

static int n_values;
static int n_listeners;
static int n_laters;
static int n_workers_left;

/* A value that is counted, so that events that are lost show. */

static gpointer
counted_copy (gpointer value)
{
  g_atomic_int_inc (&n_values);
  return g_memdup2 (value, sizeof (int));
}

static void
counted_free (gpointer value)
{
  g_atomic_int_add (&n_values, -1);
  g_free (value);
}

typedef int Counted;
GType counted_get_type (void);
G_DEFINE_BOXED_TYPE (Counted, counted, counted_copy, counted_free)

static void
uncount_listener (gpointer user_data)
{
  g_atomic_int_add (&n_listeners, -1);
}

static void
uncount_later (gpointer user_data)
{
  g_atomic_int_add (&n_laters, -1);
}

static void
uncount_worker (gpointer user_data,
                GObject *where_the_object_was)
{
  g_atomic_int_add (&n_workers_left, -1);
}

static void
later_cb (ThrWorker *worker,
          gpointer   user_data)
{
  g_assert_true (thr_worker_current () == worker);
  g_atomic_int_inc (&((Stress *) user_data)->n_heard);
}

static const char *const names[] = { "PING", "PONG", "TICK" };

static gboolean
listener_cb (ThrWorker *worker,
             ThrEvent  *event,
             gpointer   user_data,
             GError   **error)
{
  Stress *self = user_data;

  g_assert_true (thr_worker_current () == worker);
  /* Now and then one that waits, in a nested loop. */
  if (g_atomic_int_add (&self->n_heard, 1) % 997 == 0 && !thr_worker_is_main ())
    thr_worker_wait_timeout (worker, 100, NULL);
  return TRUE;
}

static void
listen (Stress    *self,
        ThrWorker *worker,
        GRand     *rand)
{
  ThrListener *listener;

  g_atomic_int_inc (&n_listeners);
  listener = thr_worker_listen_full (worker, names[g_rand_int_range (rand, 0, 3)],
                                     g_rand_int_range (rand, -3, 3), g_rand_int_range (rand, 0, 4),
                                     g_rand_boolean (rand) ? self->workers[0] : NULL, listener_cb,
                                     self, uncount_listener);
  if (g_rand_boolean (rand))
    thr_worker_unlisten (worker, listener);
  thr_listener_unref (listener);
}

/* What anybody may do to any worker, from any thread. */
static void
act (Stress *self,
     GRand  *rand)
{
  ThrWorker *worker = self->workers[g_rand_int_range (rand, 0, (int) self->n_workers)];
  ThrWorker *other = self->workers[g_rand_int_range (rand, 0, (int) self->n_workers)];
  const char *name = names[g_rand_int_range (rand, 0, 3)];
  GValue value = G_VALUE_INIT;
  int number = 7;

  g_value_init (&value, counted_get_type ());
  g_value_set_boxed (&value, &number);
  switch (g_rand_int_range (rand, 0, 20))
    {
    case 0:
      thr_worker_stop (worker);
      break;
    case 1:
      thr_worker_pause (worker);
      break;
    case 2:
    case 3:
    case 4:
      thr_worker_resume (worker);
      break;
    case 5:
    case 6:
      if (!g_atomic_int_get (&self->closing))
        g_assert_true (thr_worker_start (worker, NULL));
      break;
    case 7:
      thr_worker_bubble (worker, name, &value, NULL);
      break;
    case 8:
      thr_worker_broadcast (worker, name, &value, NULL);
      break;
    case 9:
      thr_worker_set_parent (worker, g_rand_boolean (rand) ? other : NULL, NULL);
      break;
    case 10:
      thr_worker_set_daemon (worker, g_rand_int_range (rand, 0, 3), NULL);
      break;
    case 11:
      listen (self, worker, rand);
      break;
    case 12:
      thr_channel_pub (self->channels[g_rand_int_range (rand, 0, N_CHANNELS)], name, &value, NULL);
      break;
    case 13:
      if (g_rand_boolean (rand))
        thr_channel_sub (self->channels[g_rand_int_range (rand, 0, N_CHANNELS)], worker, NULL);
      else
        thr_channel_unsub (self->channels[g_rand_int_range (rand, 0, N_CHANNELS)], worker);
      break;
    case 14:
      g_atomic_int_inc (&n_laters);
      thr_worker_later (worker, g_rand_int_range (rand, 0, 500), NULL, later_cb, self, uncount_later,
                        NULL);
      break;
    case 15:
      {
        g_autoptr (GPtrArray) children = thr_worker_dup_children (worker);

        g_assert_cmpuint (children->len, <=, self->n_workers);
        break;
      }
    default:
      thr_worker_fire (worker, name, &value, NULL);
      break;
    }
  g_value_unset (&value);
}

static gboolean
is_pong (ThrEvent *event,
         gpointer  user_data)
{
  return g_str_equal (thr_event_get_name (event), "PONG");
}

static gboolean
work (ThrWorker *worker,
      gpointer   user_data,
      GError   **error)
{
  Stress *self = user_data;
  guint n_run = (guint) g_atomic_int_add (&self->n_runs, 1);
  g_autoptr (GRand) rand = g_rand_new_with_seed (self->seed + n_run);
  ThrWorker *other;

  for (;;)
    {
      g_autoptr (GError) refused = NULL;
      g_autoptr (ThrEvent) event = NULL;

      act (self, rand);
      other = self->workers[g_rand_int_range (rand, 0, (int) self->n_workers)];
      switch (g_rand_int_range (rand, 0, 8))
        {
        case 0:
          thr_worker_update (worker, &refused);
          break;
        case 1:
          event = thr_worker_wait_event (worker, "PING", g_rand_int_range (rand, 0, 20000), NULL,
                                         &refused);
          break;
        case 2:
          event = thr_worker_wait_until (worker, g_rand_int_range (rand, 0, 20000), is_pong, NULL,
                                         &refused);
          break;
        case 3:
          thr_worker_wait_worker (worker, other, g_rand_int_range (rand, 0, 20000), &refused);
          break;
        case 4:
          thr_worker_join (other, g_rand_int_range (rand, 0, 500), &refused);
          break;
        case 5:
          if (g_rand_int_range (rand, 0, 50) == 0)
            return TRUE;
          if (g_rand_int_range (rand, 0, 50) == 0)
            {
              g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing");
              return FALSE;
            }
          break;
        default:
          thr_worker_wait_timeout (worker, g_rand_int_range (rand, 0, 20000), &refused);
          break;
        }
      if (g_error_matches (refused, THR_ERROR, THR_ERROR_WORKER_EXIT))
        {
          g_propagate_error (error, g_steal_pointer (&refused));
          return FALSE;
        }
    }
}

static void
test_stress (void)
{
  const char *seconds = g_getenv ("THR_STRESS_SECONDS");
  gint64 duration = seconds != NULL ? g_ascii_strtoll (seconds, NULL, 10) : 2;
  g_autofree Stress *self = g_new0 (Stress, 1);
  g_autoptr (GRand) rand = NULL;
  guint n_threads_before = thr_test_count_threads ();
  gint64 until;

  self->seed = (guint) g_test_rand_int ();
  self->n_workers = thr_test_scale (N_WORKERS, 40);
  rand = g_rand_new_with_seed (self->seed);
  g_test_message ("seed %u, %d s", self->seed, (int) duration);

  for (guint i = 0; i < N_CHANNELS; i++)
    self->channels[i] = thr_channel_new ();
  for (guint i = 0; i < self->n_workers; i++)
    {
      self->workers[i] = thr_worker_new (NULL, work, self, NULL);
      thr_worker_set_quiet (self->workers[i], TRUE);
      g_atomic_int_inc (&n_workers_left);
      g_object_weak_ref (G_OBJECT (self->workers[i]), uncount_worker, NULL);
      if (i > 0 && g_rand_int_range (rand, 0, 5) > 0)
        thr_worker_set_parent (self->workers[i], self->workers[g_rand_int_range (rand, 0, (int) i)],
                               NULL);
      thr_worker_get_children_model (self->workers[i]);
      listen (self, self->workers[i], rand);
    }
  for (guint i = 0; i < self->n_workers; i++)
    thr_test_worker_start (self->workers[i]);

  until = g_get_monotonic_time () + duration * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < until)
    {
      act (self, rand);
      if (g_rand_int_range (rand, 0, 3) == 0)
        g_main_context_iteration (NULL, FALSE);
      if (g_rand_int_range (rand, 0, 50) == 0)
        thr_worker_join (self->workers[g_rand_int_range (rand, 0, (int) self->n_workers)], 500, NULL);
      if (g_rand_int_range (rand, 0, 50) == 0)
        thr_sleep (500, NULL);
    }

  /* One that is started just now is stopped by the next round. */
  g_atomic_int_set (&self->closing, TRUE);
  until = g_get_monotonic_time () + thr_test_deadline ();
  for (gboolean running = TRUE; running;)
    {
      running = FALSE;
      for (guint i = 0; i < self->n_workers; i++)
        {
          thr_worker_stop (self->workers[i]);
          running |= thr_worker_is_running (self->workers[i]);
        }
      while (g_main_context_iteration (NULL, FALSE))
        ;
      if (g_get_monotonic_time () > until)
        g_error ("some workers do not stop");
    }
  for (guint i = 0; i < self->n_workers; i++)
    {
      g_autoptr (GError) error = NULL;

      if (!thr_worker_join (self->workers[i], thr_test_deadline (), &error))
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    }
  for (guint i = 0; i < self->n_workers; i++)
    g_object_unref (self->workers[i]);
  for (guint i = 0; i < N_CHANNELS; i++)
    g_object_unref (self->channels[i]);

  thr_test_poll_until (g_atomic_int_get (&n_workers_left) == 0);
  /* The main worker has been a target, and hears what came back to it. */
  thr_test_poll_until (g_atomic_int_get (&n_values) == 0);
  thr_test_poll_until (g_atomic_int_get (&n_listeners) == 0);
  thr_test_poll_until (g_atomic_int_get (&n_laters) == 0);
  g_assert_cmpuint (thr_run_count (), ==, 0);
  thr_test_poll_until (thr_test_count_threads () <= n_threads_before);
  g_test_message ("%d runs, %d heard", self->n_runs, self->n_heard);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-stress", test_stress);

  return g_test_run ();
}
