/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How many frames a window draws while completions come without end. The window
 * is a GSource that does what GTK's frame clock does: at most 60 times a second,
 * at the priority of a redraw. */

#include "bench-systems.h"
#include "bench.h"

#define SECONDS 3
#define FRAME_US (G_USEC_PER_SEC / 60)
#define PAINT_NS 8000000
#define REDRAW_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

/* Each callback takes longer than the threads take for a task: the backlog never
 * gets empty. */
#define N_UNDER_WAY 1000
#define CALLBACK_NS 20000

typedef struct
{
  BenchTask task;
  const BenchSystem *system;
  GMainLoop *loop;
  gboolean stopping;
  guint n_under_way;
  guint n_done;
} Flood;

typedef struct
{
  GSource source;
  gint64 due;
  guint n_frames;
} FrameClock;

static void
spin (gint64 ns)
{
  gint64 end = bench_now () + ns;

  while (bench_now () < end)
    ;
}

static gboolean
frame_clock_dispatch (GSource     *source,
                      GSourceFunc  callback,
                      gpointer     user_data)
{
  FrameClock *self = (FrameClock *) source;
  gint64 now;

  spin (PAINT_NS);
  self->n_frames++;

  /* A frame that comes too late is left out. */
  now = g_get_monotonic_time ();
  do
    self->due += FRAME_US;
  while (self->due <= now);
  g_source_set_ready_time (source, self->due);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs frame_clock_funcs = { .dispatch = frame_clock_dispatch };

static GSource *
frame_clock_new (void)
{
  GSource *source = g_source_new (&frame_clock_funcs, sizeof (FrameClock));

  ((FrameClock *) source)->due = g_get_monotonic_time ();
  g_source_set_priority (source, REDRAW_PRIORITY);
  g_source_set_ready_time (source, ((FrameClock *) source)->due);
  return source;
}

static gint64
tiny_work (BenchTask *task)
{
  return 1;
}

static void
submit (Flood *flood)
{
  flood->n_under_way++;
  flood->system->submit (&flood->task);
}

static void
done (BenchTask *task)
{
  Flood *flood = (Flood *) task;

  spin (CALLBACK_NS);
  flood->n_under_way--;
  flood->n_done++;
  if (!flood->stopping)
    submit (flood);
}

static gboolean
begin_cb (gpointer user_data)
{
  for (guint i = 0; i < N_UNDER_WAY; i++)
    submit (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
end_cb (gpointer user_data)
{
  Flood *flood = user_data;

  flood->stopping = TRUE;
  g_main_loop_quit (flood->loop);
  return G_SOURCE_REMOVE;
}

static void
measure (gconstpointer  what,
         double        *figures)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GSource) frame_clock = frame_clock_new ();
  g_autoptr (GSource) end = g_timeout_source_new (bench_size (SECONDS * 1000));
  Flood flood = { .task = { tiny_work, done, 0 }, .system = what, .loop = loop };
  gint64 begun = bench_now ();
  double seconds;

  flood.system->open (2);

  /* Above everything, so that a flood does not put off the end. */
  g_source_set_priority (end, G_PRIORITY_HIGH);
  g_source_set_callback (end, end_cb, &flood, NULL);
  g_source_attach (end, NULL);
  g_source_attach (frame_clock, NULL);
  g_idle_add (begin_cb, &flood);
  g_main_loop_run (loop);

  seconds = (double) (bench_now () - begun) / 1e9;
  figures[0] = ((FrameClock *) frame_clock)->n_frames / seconds;
  figures[1] = flood.n_done / seconds;

  g_source_destroy (frame_clock);
  while (flood.n_under_way > 0)
    g_main_context_iteration (NULL, TRUE);
  flood.system->close ();
}

int
main (int    argc,
      char **argv)
{
  const BenchFigure figures[] = {
    { "frames", "a second", .at_least = 58 },
    { "frames, callbacks meanwhile", "a second" },
  };
  const BenchSide sides[] = {
    { bench_thr.name, measure, &bench_thr },
    { bench_gtask.name, measure, &bench_gtask },
    { bench_pool_idle.name, measure, &bench_pool_idle },
  };

  bench_init (&argc, &argv);
  g_main_context_acquire (NULL);
  bench_compare (3, figures, G_N_ELEMENTS (figures), sides, G_N_ELEMENTS (sides));
  g_main_context_release (NULL);
  return bench_finish ();
}
