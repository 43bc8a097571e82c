/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-run.h"

#include "bench.h"

#define COLD_WORK_US 1000
#define COLD_REST_MS 2

typedef struct
{
  BenchTask task;
  const BenchRun *run;
  GMainLoop *loop;
  guint n_submitted;
  guint n_done;
  gint64 begun;
  gint64 worked;
  gint64 ended;
} State;

static void
submit (State *state)
{
  const BenchRun *run = state->run;
  guint nth = state->n_submitted++;

  if (run->submits != NULL)
    {
      gint64 before = bench_now ();

      run->system->submit (&state->task);
      run->submits[nth] = bench_now () - before;
    }
  else
    run->system->submit (&state->task);
}

static gint64
tiny_work (BenchTask *task)
{
  return 1;
}

static gint64
timed_work (BenchTask *task)
{
  State *state = (State *) task;

  if (state->run->cold)
    g_usleep (COLD_WORK_US);

  /* Only one is under way: its completion publishes this. */
  state->worked = bench_now ();
  return 1;
}

static gboolean
submit_cb (gpointer user_data)
{
  submit (user_data);
  return G_SOURCE_REMOVE;
}

static void
done (BenchTask *task)
{
  State *state = (State *) task;
  const BenchRun *run = state->run;

  if (run->latencies != NULL)
    run->latencies[state->n_done] = bench_now () - state->worked;

  if (++state->n_done == run->n_tasks)
    {
      state->ended = bench_now ();
      g_main_loop_quit (state->loop);
    }
  else if (state->n_submitted == run->n_tasks)
    return;
  else if (run->cold)
    g_timeout_add (COLD_REST_MS, submit_cb, state);
  else
    submit (state);
}

static gboolean
begin_cb (gpointer user_data)
{
  State *state = user_data;
  guint window = state->run->window;

  if (window == 0 || window > state->run->n_tasks)
    window = state->run->n_tasks;

  state->begun = bench_now ();
  while (state->n_submitted < window)
    submit (state);
  return G_SOURCE_REMOVE;
}

/* Returns the nanoseconds a task took, from the first submit to the last
 * completion. */
double
bench_run (const BenchRun *run)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  State state = {
    .task = { run->latencies != NULL ? timed_work : tiny_work, done, 0 },
    .run = run,
    .loop = loop,
  };

  g_assert (run->latencies == NULL || run->window == 1);

  run->system->open (run->n_threads);
  g_idle_add (begin_cb, &state);
  g_main_loop_run (loop);

  /* What the last task leaves behind in the loop is not the next side's. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  run->system->close ();

  return (double) (state.ended - state.begun) / run->n_tasks;
}
