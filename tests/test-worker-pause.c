/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A paused worker: its listeners hear, its waits do not return. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

typedef struct
{
  ThrTestDiary heard;
  ThrTestDiary got;
  int n_paused;
} Pause;

static gboolean
get_commands (ThrWorker *worker,
              gpointer   user_data,
              GError   **error)
{
  Pause *self = user_data;
  ThrEvent *event;

  while ((event = thr_worker_wait_event (worker, "CMD", THR_FOREVER, NULL, error)) != NULL)
    {
      g_assert_false (thr_worker_is_paused (worker));
      thr_test_diary_add (&self->got, "%d", thr_test_event_int (event));
      thr_event_unref (event);
    }
  return FALSE;
}

static void
paused_cb (ThrWorker  *worker,
           GParamSpec *pspec,
           gpointer    user_data)
{
  ((Pause *) user_data)->n_paused++;
}

static ThrWorker *
begin (Pause        *self,
       ThrWorkerFunc func)
{
  ThrWorker *worker = thr_worker_new (NULL, func, self, NULL);

  thr_test_diary_init (&self->heard);
  thr_test_diary_init (&self->got);
  self->n_paused = 0;
  thr_worker_listen (worker, "CMD", thr_test_note_event, &self->heard, NULL);
  thr_worker_listen (worker, "MARK", thr_test_note_event, &self->heard, NULL);
  g_signal_connect (worker, "notify::paused", G_CALLBACK (paused_cb), self);
  thr_test_worker_start (worker);
  return worker;
}

static void
finish (Pause     *self,
        ThrWorker *worker)
{
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  g_assert_false (thr_worker_is_paused (worker));
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&self->heard);
  thr_test_diary_clear (&self->got);
}

static void
fire_mark (ThrWorker *worker)
{
  g_assert_true (thr_worker_fire (worker, "MARK", NULL, NULL));
}

/* What came meanwhile is matched after the resume, in order, and so is what
 * comes then; a second pause or resume changes nothing. */
static void
test_pause (void)
{
  Pause self;
  ThrWorker *worker = begin (&self, get_commands);

  thr_test_worker_fire_int (worker, "CMD", 1);
  thr_worker_resume (worker);
  thr_worker_pause (worker);
  thr_worker_pause (worker);
  thr_test_worker_fire_int (worker, "CMD", 2);
  thr_test_worker_fire_int (worker, "CMD", 3);
  fire_mark (worker);
  thr_test_block_until (thr_test_diary_is (&self.heard, "CMD1 CMD2 CMD3 MARK"));
  g_assert_true (thr_worker_is_paused (worker));
  thr_test_diary_check (&self.got, "1");
  thr_test_run_until (self.n_paused == 1);

  thr_worker_resume (worker);
  thr_worker_resume (worker);
  thr_test_worker_fire_int (worker, "CMD", 4);
  thr_test_block_until (thr_test_diary_is (&self.got, "1 2 3 4"));
  thr_test_run_until (self.n_paused == 2);
  thr_test_diary_check (&self.heard, "CMD1 CMD2 CMD3 MARK CMD4");
  finish (&self, worker);
}

static gboolean
wait_short (ThrWorker *worker,
            gpointer   user_data,
            GError   **error)
{
  Pause *self = user_data;
  g_autoptr (ThrEvent) event = NULL;
  g_autoptr (ThrEvent) late = NULL;

  thr_test_diary_add (&self->got, "begin");
  event = thr_worker_wait_event (worker, "CMD", 1000, NULL, error);
  g_assert_nonnull (event);
  thr_test_diary_add (&self->got, "%d", thr_test_event_int (event));
  /* And one that has nothing to come. */
  late = thr_worker_wait_event (worker, "CMD", 1000, NULL, error);
  g_assert_null (late);
  g_assert_true (error == NULL || *error == NULL);
  thr_test_diary_add (&self->got, "time-out");
  return thr_worker_wait_forever (worker, error);
}

/* The time may be over: what came meanwhile still satisfies it. */
static void
test_time (void)
{
  Pause self;
  ThrWorker *worker = thr_worker_new (NULL, wait_short, &self, NULL);
  gint64 until;

  thr_test_diary_init (&self.heard);
  thr_test_diary_init (&self.got);
  thr_worker_listen (worker, "MARK", thr_test_note_event, &self.heard, NULL);
  /* Before anything else in its inbox. */
  thr_test_worker_start (worker);
  thr_worker_pause (worker);
  thr_test_block_until (thr_worker_is_paused (worker) || thr_test_diary_has (&self.got, "time-out") ||
                        !thr_worker_is_running (worker));
  if (thr_worker_is_paused (worker) && !thr_test_diary_has (&self.got, "time-out"))
    {
      until = g_get_monotonic_time () + 3000;
      thr_test_block_until (g_get_monotonic_time () > until);
      thr_test_worker_fire_int (worker, "CMD", 5);
      fire_mark (worker);
      thr_test_block_until (thr_test_diary_has (&self.heard, "MARK"));
      thr_test_diary_check (&self.got, "begin");
      thr_worker_resume (worker);
      thr_test_block_until (thr_test_diary_is (&self.got, "begin 5 time-out"));
    }
  finish (&self, worker);
}

/* Stop works while paused. */
static void
test_stop (void)
{
  Pause self;
  ThrWorker *worker = begin (&self, get_commands);

  thr_worker_pause (worker);
  thr_test_worker_fire_int (worker, "CMD", 1);
  thr_test_block_until (thr_test_diary_has (&self.heard, "CMD1"));
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  thr_test_diary_check (&self.got, "");
  g_assert_false (thr_worker_is_paused (worker));
  thr_test_run_until (self.n_paused >= 1);
  /* And what was kept does not come up in the next run. */
  thr_test_worker_start (worker);
  thr_test_worker_fire_int (worker, "CMD", 2);
  thr_test_block_until (thr_test_diary_is (&self.got, "2"));
  finish (&self, worker);
}

static gboolean
return_while_paused (ThrWorker *worker,
                     ThrEvent  *event,
                     gpointer   user_data,
                     GError   **error)
{
  /* Ends the break point that the pause holds. */
  thr_worker_exit (worker, NULL);
  return TRUE;
}

/* A function that returns while paused ends the pause with it. */
static void
test_return (void)
{
  Pause self;
  ThrWorker *worker = begin (&self, get_commands);

  thr_worker_listen (worker, "EXIT", return_while_paused, NULL, NULL);
  thr_worker_pause (worker);
  g_assert_true (thr_worker_fire (worker, "EXIT", NULL, NULL));
  thr_test_worker_join (worker);
  g_assert_false (thr_worker_is_paused (worker));
  finish (&self, worker);
}

static gboolean
wait_for_answer (ThrWorker *worker,
                 ThrEvent  *event,
                 gpointer   user_data,
                 GError   **error)
{
  Pause *self = user_data;
  g_autoptr (ThrEvent) answer = NULL;

  answer = thr_worker_wait_event (worker, "ANSWER", THR_FOREVER, NULL, error);
  g_assert_nonnull (answer);
  thr_test_diary_add (&self->got, "answer");
  return TRUE;
}

/* Paused in a nested wait: the outer one gets its own afterwards, in order. */
static void
test_nested (void)
{
  Pause self;
  ThrWorker *worker = begin (&self, get_commands);

  thr_worker_listen (worker, "ASK", wait_for_answer, &self, NULL);
  g_assert_true (thr_worker_fire (worker, "ASK", NULL, NULL));
  thr_worker_pause (worker);
  thr_test_worker_fire_int (worker, "CMD", 1);
  thr_test_worker_fire_int (worker, "CMD", 2);
  g_assert_true (thr_worker_fire (worker, "ANSWER", NULL, NULL));
  thr_test_worker_fire_int (worker, "CMD", 3);
  fire_mark (worker);
  thr_test_block_until (thr_test_diary_has (&self.heard, "MARK"));
  thr_test_diary_check (&self.got, "");
  thr_worker_resume (worker);
  thr_test_worker_fire_int (worker, "CMD", 4);
  thr_test_block_until (thr_test_diary_is (&self.got, "answer 1 2 3 4"));
  finish (&self, worker);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-pause/pause", test_pause);
  g_test_add_func ("/worker-pause/time", test_time);
  g_test_add_func ("/worker-pause/stop", test_stop);
  g_test_add_func ("/worker-pause/return", test_return);
  g_test_add_func ("/worker-pause/nested", test_nested);

  return g_test_run ();
}
