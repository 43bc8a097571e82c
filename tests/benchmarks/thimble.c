/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <thr-glib/thr-glib.h>

#include "bench.h"

/* A blocking method of Gio, by name through a thimble, and by hand in a GTask:
 * the same method, on the same file, with as many under way at once. */

#define ATTRIBUTES "standard::name,standard::size"

typedef struct
{
  GMainLoop *loop;
  GFile *file;
  ThrThimble *thimble;
  GValue arguments[2];
  guint n_left;    /* to be begun */
  guint n_running;
} Run;

static void begin_thimble (Run *run);
static void begin_task (Run *run);

static void
check (Run    *run,
       GObject *info)
{
  g_assert_true (G_IS_FILE_INFO (info));
  if (--run->n_running == 0 && run->n_left == 0)
    g_main_loop_quit (run->loop);
}

static void
thimble_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  Run *run = user_data;
  const GValue *value = thr_thimble_call_finish (run->thimble, result, &error);

  g_assert_no_error (error);
  check (run, g_value_get_object (value));
  if (run->n_left > 0)
    begin_thimble (run);
}

static void
begin_thimble (Run *run)
{
  run->n_left--;
  run->n_running++;
  thr_thimble_call (run->thimble, "query_info", run->arguments, 2, NULL, thimble_cb, run);
}

static void
task_func (GTask        *task,
           gpointer      source,
           gpointer      task_data,
           GCancellable *cancellable)
{
  GError *error = NULL;
  GFileInfo *info = g_file_query_info (source, task_data, G_FILE_QUERY_INFO_NONE, cancellable, &error);

  if (info != NULL)
    g_task_return_pointer (task, info, g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
task_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  Run *run = user_data;
  g_autoptr (GFileInfo) info = g_task_propagate_pointer (G_TASK (result), &error);

  g_assert_no_error (error);
  check (run, G_OBJECT (info));
  if (run->n_left > 0)
    begin_task (run);
}

static void
begin_task (Run *run)
{
  g_autoptr (GTask) task = g_task_new (run->file, NULL, task_cb, run);

  run->n_left--;
  run->n_running++;
  g_task_set_task_data (task, g_strdup (ATTRIBUTES), g_free);
  g_task_run_in_thread (task, task_func);
}

static void
measure_at (void  (*begin) (Run *run),
            guint   n_at_once,
            double *figure)
{
  guint n = bench_size (20000);
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  Run run = { 0 };
  gint64 begun;

  run.loop = g_main_loop_new (NULL, FALSE);
  run.file = g_file_new_for_path (bench_program ());
  run.thimble = thr_thimble_new (G_OBJECT (run.file), manager, NULL);
  g_value_set_static_string (g_value_init (&run.arguments[0], G_TYPE_STRING), ATTRIBUTES);
  g_value_set_int (g_value_init (&run.arguments[1], G_TYPE_INT), 0);
  run.n_left = n;

  begun = bench_now ();
  for (guint i = 0; i < n_at_once; i++)
    begin (&run);
  g_main_loop_run (run.loop);
  *figure = (double) (bench_now () - begun) / n;

  g_value_unset (&run.arguments[0]);
  g_object_unref (run.thimble);
  g_object_unref (run.file);
  g_main_loop_unref (run.loop);
}

static void
measure (gconstpointer  what,
         double        *figures)
{
  gboolean by_name = what != NULL;

  measure_at (by_name ? begin_thimble : begin_task, 1, &figures[0]);
  measure_at (by_name ? begin_thimble : begin_task, 100, &figures[1]);
}

int
main (int    argc,
      char **argv)
{
  const BenchFigure figures[] = {
    { "thimble, one at a time", "ns", .gates = { 1.3 } },
    { "thimble, 100 under way", "ns", .gates = { 1.3 } },
  };
  const BenchSide sides[] = {
    { "thr", measure, "by name" },
    { "GTask", measure, NULL },
  };

  bench_init (&argc, &argv);
  bench_compare (7, figures, G_N_ELEMENTS (figures), sides, G_N_ELEMENTS (sides));
  return bench_finish ();
}
