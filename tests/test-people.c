/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* In milliseconds: how long this thread's context would sleep; -1 is for ever.
 * So it shows that nothing would wake an idle program. */
static int
sleeps (void)
{
  GMainContext *context = g_main_context_default ();
  int timeout = 0, priority;
  GPollFD fds[16];

  thr_test_drain ();
  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  g_main_context_query (context, priority, &timeout, fds, G_N_ELEMENTS (fds));
  g_main_context_release (context);
  return timeout;
}

static void
run_until_idle (void)
{
  gint64 end = g_get_monotonic_time () + thr_test_deadline ();

  while (sleeps () != -1)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, TRUE);
    }
}

/* Counts the notifies of a property. */
typedef struct
{
  ThrThreadWrapper *job;
  int n;
  gint64 first, last;
  gulong handler;
  ThrExecutionState state; /* at the last one, and: */
  double progress;
} Count;

static void
count_cb (GObject    *object,
          GParamSpec *pspec,
          gpointer    user_data)
{
  Count *count = user_data;

  count->last = g_get_monotonic_time ();
  if (count->n++ == 0)
    count->first = count->last;
  if (THR_IS_THREAD_WRAPPER (object))
    {
      count->state = thr_thread_wrapper_get_execution_state (THR_THREAD_WRAPPER (object));
      count->progress = thr_thread_wrapper_get_progress (THR_THREAD_WRAPPER (object));
    }
}

static void
count (Count      *self,
       gpointer    object,
       const char *property)
{
  g_autofree char *signal = g_strconcat ("notify::", property, NULL);

  memset (self, 0, sizeof *self);
  self->job = object;
  self->handler = g_signal_connect (object, signal, G_CALLBACK (count_cb), self);
}

static void
count_no_more (Count *self)
{
  g_signal_handler_disconnect (self->job, self->handler);
}

static gboolean
percent_is (ThrThreadWrapper *job,
            double            progress,
            const char       *wanted)
{
  g_autofree char *text = NULL;

  thr_thread_wrapper_set_progress (job, progress);
  g_object_get (job, "fraction-text", &text, NULL);
  return strcmp (text, wanted) == 0;
}

static void
test_fraction_text (void)
{
  ThrThreadWrapper *job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);

  g_assert_true (percent_is (job, -1.0, ""));
  g_assert_true (percent_is (job, 0.0, "0 %"));
  g_assert_true (percent_is (job, 0.29, "29 %"));
  g_assert_true (percent_is (job, 0.42, "42 %"));
  g_assert_true (percent_is (job, 0.999, "99 %"));
  g_assert_true (percent_is (job, 1.0 - 1e-9, "99 %"));
  g_assert_true (percent_is (job, 1.0, "100 %"));
  g_assert_true (percent_is (job, -1.0, ""));
  for (int i = 0; i <= 100; i++)
    {
      g_autofree char *wanted = g_strdup_printf ("%d %%", i);

      g_assert_true (percent_is (job, i / 100.0, wanted));
    }
  g_assert_finalize_object (job);
}

/* All three are told while somebody listens, and no timer runs while nobody
 * does. */
static void
test_listened (void)
{
  static const char *const properties[] = { "fraction-text", "elapsed", "remaining" };
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();

  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    {
      ThrTestGate leave = THR_TEST_GATE_INIT;
      ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_gate, &leave, NULL);
      Count state, told;

      /* Somebody listens, but not to these. */
      count (&state, job, "execution-state");
      thr_test_run_until (state.n == 1);
      g_assert_cmpint (sleeps (), ==, -1);
      thr_thread_wrapper_set_progress (job, 0.1);
      thr_test_drain ();
      g_assert_cmpint (sleeps (), ==, -1);

      count (&told, job, properties[i]);
      thr_thread_wrapper_set_progress (job, 0.2);
      thr_test_run_until (told.n >= 1);
      g_assert_cmpint (sleeps (), >=, 0);
      g_assert_cmpint (sleeps (), <=, 250);
      if (i > 0) /* they move by themselves */
        thr_test_run_until (told.n >= 3);

      count_no_more (&told);
      run_until_idle ();

      thr_test_gate_open (&leave);
      thr_test_run_until_closed (job);
      g_assert_cmpint (sleeps (), ==, -1);
      g_assert_finalize_object (job);
      thr_test_gate_clear (&leave);
    }
}

/* Who binds reads, before or after it connects; who only connects does so before
 * the job runs. */
static void
test_ways_to_listen (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();

  for (int way = 0; way < 3; way++)
    {
      ThrTestGate leave = THR_TEST_GATE_INIT;
      ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_gate, &leave, NULL);
      Count told, state;

      if (way == 0)
        count (&told, job, "elapsed");
      count (&state, job, "execution-state");
      thr_test_run_until (state.n == 1);
      if (way == 1)
        thr_thread_wrapper_get_elapsed (job);
      if (way > 0)
        count (&told, job, "elapsed");
      if (way == 2)
        thr_thread_wrapper_get_elapsed (job);
      thr_test_run_until (told.n >= 2);

      thr_test_gate_open (&leave);
      thr_test_run_until_closed (job);
      g_assert_finalize_object (job);
      thr_test_gate_clear (&leave);
    }
}

static gboolean
count_up (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  gint64 begun = g_get_monotonic_time ();
  double progress;

  do
    {
      progress = (g_get_monotonic_time () - begun) / 1.6e6;
      thr_thread_wrapper_set_progress (thread, progress);
    }
  while (progress < 1.0);
  return TRUE;
}

/* Told without end, it is told on a few times a second; with the time that is
 * left, and the last of it before the end. */
static void
test_rate (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, count_up, NULL, NULL);
  Count texts, elapsed, remaining;

  count (&texts, job, "fraction-text");
  count (&elapsed, job, "elapsed");
  count (&remaining, job, "remaining");
  thr_test_run_until_closed (job);
  g_assert_cmpint (texts.n, >=, 2);
  g_assert_cmpint (texts.n, <=, 3 + (texts.last - texts.first) / (G_USEC_PER_SEC / 4));
  g_assert_cmpint (elapsed.n, >=, 2);
  g_assert_cmpint (elapsed.n, <=, 3 + (elapsed.last - elapsed.first) / (G_USEC_PER_SEC / 4));
  g_assert_cmpint (remaining.n, >=, 1);
  /* The end has nothing to add where the last of it was just told. */
  g_assert_cmpfloat (texts.progress, >=, 1.0);
  g_assert_cmpint (elapsed.state, ==, THR_EXECUTION_STATE_RETURNED);
  g_assert_true (percent_is (job, 1.0, "100 %"));
  g_assert_cmpint (thr_thread_wrapper_get_remaining (job), ==, 0);
  g_assert_cmpint (thr_thread_wrapper_get_elapsed (job), ==,
                   thr_thread_wrapper_get_ended_at (job) - thr_thread_wrapper_get_started_at (job));
  g_assert_finalize_object (job);
}

/* Nothing while it is queued, and all at once where it ends so. */
static void
test_never_begun (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *job;
  Count remaining;

  thr_test_busy_init (&busy);
  job = thr_thread_manager_do_async (busy.manager, NULL, thr_test_job_return, NULL, NULL);
  count (&remaining, job, "remaining");
  g_assert_cmpint (thr_thread_wrapper_get_elapsed (job), ==, 0);
  g_assert_cmpint (thr_thread_wrapper_get_remaining (job), ==, -1);
  g_assert_cmpint (sleeps (), ==, -1);
  thr_thread_wrapper_cancel (job);
  thr_test_run_until_closed (job);
  g_assert_cmpint (thr_thread_wrapper_get_elapsed (job), ==, 0);
  g_assert_cmpint (thr_thread_wrapper_get_remaining (job), ==, 0);
  g_assert_cmpint (remaining.n, ==, 1);
  g_assert_finalize_object (job);
  thr_test_busy_clear (&busy);
}

/* Paused, the time goes on, and nothing can be said of what is left. */
static void
test_paused (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  ThrTestGate begun = THR_TEST_GATE_INIT;
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_spin, &begun, NULL);
  gint64 remaining, elapsed, end;
  Count told;

  count (&told, job, "remaining");
  thr_test_gate_wait (&begun);
  thr_thread_wrapper_set_progress (job, 0.5);
  thr_test_run_until (thr_thread_wrapper_get_remaining (job) >= 0);
  thr_thread_wrapper_pause (job);
  g_assert_cmpint (thr_thread_wrapper_get_remaining (job), ==, -1);
  told.n = 0;
  thr_test_run_until (told.n > 0);

  /* As long as it ran before, and more. */
  end = thr_thread_wrapper_get_elapsed (job) * 2 + G_USEC_PER_SEC / 2;
  count_no_more (&told);
  count (&told, job, "elapsed");
  thr_test_run_until (told.n > 0 && thr_thread_wrapper_get_elapsed (job) > end);
  g_assert_cmpint (thr_thread_wrapper_get_remaining (job), ==, -1);

  /* Half was done in the half of the time, the rest of which was the pause. */
  thr_thread_wrapper_resume (job);
  remaining = thr_thread_wrapper_get_remaining (job);
  elapsed = thr_thread_wrapper_get_elapsed (job);
  g_assert_cmpint (remaining, >, 0);
  g_assert_cmpint (remaining, <, elapsed * 3 / 4);

  count_no_more (&told);
  thr_thread_wrapper_cancel (job);
  thr_test_run_until_closed (job);
  g_assert_finalize_object (job);
  thr_test_gate_clear (&begun);
}

/* A manual job's end from within a handler of what moves: the first is called by
 * a delivery, the second by the timer. */
typedef struct
{
  int n;
  int last; /* the call that ends the job */
} Ender;

static void
end_cb (ThrThreadWrapper *job,
        GParamSpec       *pspec,
        Ender            *ender)
{
  if (++ender->n == ender->last)
    thr_thread_wrapper_return_value (job, NULL, NULL);
  thr_test_drain ();
}

static void
test_ended_in_handler (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();

  for (int last = 1; last <= 2; last++)
    {
      ThrThreadWrapper *job = thr_thread_manager_do_manual (manager, NULL);
      Ender ender = { .last = last };

      g_signal_connect (job, "notify::elapsed", G_CALLBACK (end_cb), &ender);
      thr_test_run_until_closed (job);
      /* Once more at the end, unless that came within the same microsecond. */
      g_assert_cmpint (ender.n, >=, last);
      g_assert_cmpint (ender.n, <=, last + 1);
      thr_test_drain ();
      g_assert_false (thr_thread_manager_get_busy (manager));
      g_assert_finalize_object (job);
    }
}

static void
assert_can (ThrThreadWrapper *job,
            gboolean          pause,
            gboolean          cancel,
            gboolean          finished)
{
  gboolean can_pause, can_cancel, is_finished;

  g_object_get (job, "can-pause", &can_pause, "can-cancel", &can_cancel, "finished", &is_finished, NULL);
  g_assert_cmpint (can_pause, ==, pause);
  g_assert_cmpint (can_cancel, ==, cancel);
  g_assert_cmpint (is_finished, ==, finished);
}

static void
test_can (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  ThrTestGate begun = THR_TEST_GATE_INIT;
  Count pause, cancel, finished;
  ThrThreadWrapper *job;

  /* Returned. */
  job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  assert_can (job, TRUE, TRUE, FALSE);
  count (&pause, job, "can-pause");
  count (&cancel, job, "can-cancel");
  count (&finished, job, "finished");
  thr_thread_wrapper_pause (job);
  assert_can (job, TRUE, TRUE, FALSE);
  thr_thread_wrapper_resume (job);
  g_assert_true (thr_thread_manager_submit (manager, job, NULL));
  thr_test_run_until_closed (job);
  assert_can (job, FALSE, FALSE, TRUE);
  g_assert_cmpint (pause.n, ==, 1);
  g_assert_cmpint (pause.state, ==, THR_EXECUTION_STATE_RETURNED);
  g_assert_cmpint (cancel.n, ==, 1);
  g_assert_cmpint (finished.n, ==, 1);
  g_assert_cmpint (finished.state, ==, THR_EXECUTION_STATE_CLOSED);
  g_assert_finalize_object (job);

  /* Asked to end, by itself and by what it follows. */
  for (int follows = 0; follows < 2; follows++)
    {
      thr_test_gate_close (&begun);
      job = thr_thread_wrapper_new (NULL, thr_test_job_spin, &begun, NULL);
      if (follows)
        g_assert_true (thr_thread_wrapper_follow_cancellable (job, cancellable, NULL));
      count (&pause, job, "can-pause");
      count (&cancel, job, "can-cancel");
      count (&finished, job, "finished");
      g_assert_true (thr_thread_manager_submit (manager, job, NULL));
      thr_test_gate_wait (&begun);
      if (follows)
        g_cancellable_cancel (cancellable);
      else
        thr_thread_wrapper_cancel (job);
      assert_can (job, FALSE, FALSE, FALSE);
      thr_test_run_until (pause.n == 1);
      thr_thread_wrapper_halt (job);
      thr_test_run_until (finished.n == 1);
      g_assert_cmpint (pause.n, ==, 1);
      g_assert_cmpint (cancel.n, ==, 1);
      thr_test_drain ();
      g_assert_finalize_object (job);
    }

  /* Before it is submitted. */
  job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  count (&cancel, job, "can-cancel");
  thr_thread_wrapper_cancel (job);
  g_assert_cmpint (cancel.n, ==, 1);
  assert_can (job, FALSE, FALSE, FALSE);
  g_assert_finalize_object (job);

  /* A manual job looks at no checkpoint. */
  job = thr_thread_manager_do_manual (manager, NULL);
  assert_can (job, FALSE, TRUE, FALSE);
  thr_thread_wrapper_cancel (job);
  thr_test_run_until_closed (job);
  assert_can (job, FALSE, FALSE, TRUE);
  thr_test_drain ();
  g_assert_finalize_object (job);
  thr_test_gate_clear (&begun);
}

static gboolean
tag_itself (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  thr_thread_wrapper_set_tags (thread, (const char *const[]) { "from", "afar", NULL });
  return TRUE;
}

static void
test_tags (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_wrapper_new (NULL, tag_itself, NULL, NULL);
  const char *tags[] = { "import", "photos", NULL };
  g_auto (GStrv) none = thr_thread_wrapper_dup_tags (job);
  g_auto (GStrv) two = NULL;
  Count told;

  g_assert_cmpuint (g_strv_length (none), ==, 0);
  g_assert_false (thr_thread_wrapper_has_tag (job, "import"));
  count (&told, job, "tags");
  thr_thread_wrapper_set_tags (job, NULL);
  g_assert_cmpint (told.n, ==, 0);
  thr_thread_wrapper_set_tags (job, tags);
  g_assert_cmpint (told.n, ==, 1);
  g_object_set (job, "tags", tags, NULL);
  g_assert_cmpint (told.n, ==, 1);
  g_object_get (job, "tags", &two, NULL);
  g_assert_true (g_strv_equal ((const char *const *) two, tags));
  g_assert_true (thr_thread_wrapper_has_tag (job, "photos"));
  g_assert_false (thr_thread_wrapper_has_tag (job, "photo"));

  g_assert_true (thr_thread_manager_submit (manager, job, NULL));
  thr_test_run_until_closed (job);
  g_assert_cmpint (told.n, ==, 2);
  g_assert_true (thr_thread_wrapper_has_tag (job, "afar"));
  thr_test_drain ();
  thr_thread_wrapper_set_tags (job, NULL);
  g_assert_cmpint (told.n, ==, 3);
  g_assert_false (thr_thread_wrapper_has_tag (job, "afar"));
  g_assert_finalize_object (job);
}

/* ---- the history ---- */

typedef struct
{
  GListModel *model;
  GPtrArray *seen; /* names */
  ThrThreadManager *manager;
  int n_nested;
} Shadow;

/* Follows the announcements alone. */
static void
shadow_cb (GListModel *model,
           guint       position,
           guint       n_removed,
           guint       n_added,
           gpointer    user_data)
{
  Shadow *shadow = user_data;

  if (n_removed > 0)
    g_ptr_array_remove_range (shadow->seen, position, n_removed);
  for (guint i = 0; i < n_added; i++)
    {
      g_autoptr (ThrThreadWrapper) job = g_list_model_get_item (model, position + i);

      g_assert_true (thr_thread_wrapper_get_finished (job));
      g_ptr_array_insert (shadow->seen, position + i, thr_thread_wrapper_dup_name (job));
    }
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, shadow->seen->len);
}

static void
nest_cb (GListModel *model,
         guint       position,
         guint       n_removed,
         guint       n_added,
         gpointer    user_data)
{
  Shadow *shadow = user_data;

  if (shadow->n_nested == 0)
    return;
  shadow->n_nested--;
  g_object_unref (thr_thread_manager_do_async (shadow->manager, "nested", thr_test_job_return, NULL, NULL));
  g_assert_true (thr_thread_manager_wait_idle (shadow->manager, thr_test_deadline (), NULL, NULL));
}

static void
test_history (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  g_autoptr (GPtrArray) seen = g_ptr_array_new_with_free_func (g_free);
  Shadow shadow = { .seen = seen, .manager = manager };
  GListModel *model;

  thr_thread_manager_set_keep_finished (manager, 5);
  g_assert_true (thr_thread_manager_set_thread_limit (manager, 1, NULL));
  for (int i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%d", i);

      if (i == 3)
        {
          g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
          g_object_get (manager, "history", &model, NULL);
          g_assert_cmpuint (g_list_model_get_n_items (model), ==, 3);
          g_assert_true (g_list_model_get_item_type (model) == THR_TYPE_THREAD_WRAPPER);
          for (guint j = 0; j < 3; j++)
            {
              g_autoptr (ThrThreadWrapper) job = g_list_model_get_item (model, j);

              g_ptr_array_add (seen, thr_thread_wrapper_dup_name (job));
            }
          g_signal_connect (model, "items-changed", G_CALLBACK (shadow_cb), &shadow);
        }
      g_object_unref (thr_thread_manager_do_async (manager, name, thr_test_job_return, NULL, NULL));
      if (i % 5 == 4)
        thr_test_run_until (seen->len > 0 && strcmp (seen->pdata[seen->len - 1], name) == 0);
    }
  g_assert_cmpuint (seen->len, ==, 5);
  g_assert_cmpstr (seen->pdata[0], ==, "15");
  g_assert_cmpstr (seen->pdata[4], ==, "19");

  /* A handler runs more jobs, and waits for them. */
  g_signal_connect (model, "items-changed", G_CALLBACK (nest_cb), &shadow);
  shadow.n_nested = 3;
  g_object_unref (thr_thread_manager_do_async (manager, "outer", thr_test_job_return, NULL, NULL));
  thr_test_run_until (shadow.n_nested == 0 && seen->len == 5 && strcmp (seen->pdata[2], "nested") == 0);
  g_assert_cmpstr (seen->pdata[1], ==, "outer");

  thr_thread_manager_set_keep_finished (manager, 2);
  thr_test_run_until (seen->len == 2);

  /* It outlives the manager. */
  thr_test_drain ();
  g_assert_finalize_object (manager);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 2);
  g_assert_finalize_object (model);
}

/* Of one delivery, the history is told first. A handler of that runs more jobs
 * until they have left the list again: what arrived before them comes before. */
typedef struct
{
  ThrThreadManager *manager;
  int n_told;
  gboolean nested;
} Late;

static void
submit_more_cb (ThrThreadWrapper *job,
                gpointer          user_data)
{
  Late *late = user_data;

  g_object_unref (thr_thread_manager_do_async (late->manager, "second", thr_test_job_return, NULL, NULL));
}

static void
told_cb (GListModel *history,
         guint       position,
         guint       n_removed,
         guint       n_added,
         gpointer    user_data)
{
  Late *late = user_data;

  if (late->n_told++ > 0)
    return;
  for (int i = 0; i < 2; i++)
    g_object_unref (thr_thread_manager_do_async (late->manager, "more", thr_test_job_return, NULL, NULL));
  thr_test_poll_until (!thr_thread_manager_get_busy (late->manager));
  thr_test_drain ();
  late->nested = TRUE;
}

static void
test_history_first (void)
{
  Late late = { .manager = thr_thread_manager_new () };
  g_autoptr (ThrThreadWrapper) job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  GListModel *list = G_LIST_MODEL (late.manager);
  g_autoptr (GPtrArray) jobs = NULL;

  thr_thread_manager_set_keep_finished (late.manager, 1);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 0);
  g_signal_connect (thr_thread_manager_get_history (late.manager), "items-changed",
                    G_CALLBACK (told_cb), &late);
  thr_thread_wrapper_set_on_end (job, submit_more_cb, &late, NULL);
  g_assert_true (thr_thread_manager_submit (late.manager, job, NULL));
  thr_test_run_until (late.nested);
  thr_test_drain ();

  jobs = thr_thread_manager_dup_jobs (late.manager);
  g_assert_cmpuint (jobs->len, ==, 1);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
  g_object_unref (late.manager);
}

/* The first look at the history frees what was closed just before, and who hears
 * of that looks too. */
static void
look_cb (gpointer data,
         GObject *where_the_object_was)
{
  g_assert_nonnull (thr_thread_manager_get_history (data));
}

static void
look_at_end (ThrThreadWrapper *job,
             gpointer          user_data)
{
  GListModel **history = user_data;

  g_autoptr (ThrThreadManager) manager = thr_thread_wrapper_dup_manager (job);

  *history = thr_thread_manager_get_history (manager);
}

static void
test_history_within (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *jobs[2];
  GListModel *history = NULL;

  g_assert_true (thr_thread_manager_set_thread_limit (manager, 1, NULL));
  for (int i = 0; i < 2; i++)
    jobs[i] = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  g_object_weak_ref (G_OBJECT (jobs[0]), look_cb, manager);
  thr_thread_wrapper_set_on_end (jobs[1], look_at_end, &history, NULL);
  for (int i = 0; i < 2; i++)
    {
      thr_test_block_until (thr_thread_wrapper_get_finished_with (jobs[i]) != THR_EXECUTION_STATE_CREATED);
      g_object_unref (jobs[i]);
    }
  thr_test_run_until (history != NULL);
  g_assert_true (history == thr_thread_manager_get_history (manager));
  thr_test_drain ();
  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/people/fraction-text", test_fraction_text);
  g_test_add_func ("/people/listened", test_listened);
  g_test_add_func ("/people/ways-to-listen", test_ways_to_listen);
  g_test_add_func ("/people/rate", test_rate);
  g_test_add_func ("/people/never-begun", test_never_begun);
  g_test_add_func ("/people/paused", test_paused);
  g_test_add_func ("/people/ended-in-handler", test_ended_in_handler);
  g_test_add_func ("/people/can", test_can);
  g_test_add_func ("/people/tags", test_tags);
  g_test_add_func ("/people/history", test_history);
  g_test_add_func ("/people/history-first", test_history_first);
  g_test_add_func ("/people/history-within", test_history_within);

  return g_test_run ();
}
