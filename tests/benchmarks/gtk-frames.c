/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The longest time between two frames of a real window, while many jobs flood it
 * with results that a list shows. The peer is a thread pool that calls g_idle_add()
 * for each result, which then appends it to the same list. */

#include "bench.h"

#include <gtk/gtk.h>
#include <thr-glib/thr-glib.h>

#define N_JOBS 2000
#define N_RESULTS 10
#define N_THREADS 2

typedef struct
{
  GListStore *lists;  /* of what is found, all of which is shown */
  GListStore *found;  /* one of them, the peer's */
  guint n_left;       /* results, or jobs */

  gint64 last_frame;
  gint64 longest;
  guint n_frames;
} Window;

static GObject *
make_result (guint i)
{
  g_autofree char *text = g_strdup_printf ("result %u", i);

  return G_OBJECT (gtk_string_object_new (text));
}

/* ---- thr ---- */

static gboolean
emit_results (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  for (guint i = 0; i < N_RESULTS; i++)
    {
      g_autoptr (GObject) result = make_result (i);

      if (!thr_thread_wrapper_checkpoint (thread, error))
        return FALSE;
      thr_thread_wrapper_emit_item (thread, result);
      thr_thread_wrapper_set_progress (thread, (i + 1.0) / N_RESULTS);
    }
  return TRUE;
}

static void
job_ended_cb (ThrThreadWrapper *thread,
              gpointer          user_data)
{
  ((Window *) user_data)->n_left--;
}

static void
flood_thr (Window *self,
           guint   n_jobs)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();

  thr_thread_manager_set_thread_limit (manager, N_THREADS, NULL);
  self->n_left = n_jobs;
  for (guint i = 0; i < n_jobs; i++)
    {
      g_autoptr (ThrThreadWrapper) job = thr_thread_wrapper_new (NULL, emit_results, NULL, NULL);

      g_list_store_append (self->lists, thr_thread_wrapper_get_items (job));
      thr_thread_wrapper_set_on_end (job, job_ended_cb, self, NULL);
      thr_thread_manager_submit (manager, job, NULL);
    }
}

/* ---- GThreadPool + idle_add ---- */

typedef struct
{
  Window *window;
  GObject *object;
} Result;

static gboolean
append_cb (gpointer data)
{
  Result *self = data;

  g_list_store_append (self->window->found, self->object);
  self->window->n_left--;
  g_object_unref (self->object);
  g_free (self);
  return G_SOURCE_REMOVE;
}

static void
add_results (gpointer data,
             gpointer user_data)
{
  for (guint i = 0; i < N_RESULTS; i++)
    {
      Result *result = g_new (Result, 1);

      result->window = user_data;
      result->object = make_result (i);
      g_idle_add (append_cb, result);
    }
}

static void
flood_idle (Window *self,
            guint   n_jobs)
{
  GThreadPool *pool = g_thread_pool_new (add_results, self, N_THREADS, FALSE, NULL);

  self->n_left = n_jobs * N_RESULTS;
  g_list_store_append (self->lists, self->found);
  for (guint i = 0; i < n_jobs; i++)
    g_thread_pool_push (pool, GUINT_TO_POINTER (i + 1), NULL);
  while (self->n_left > 0)
    g_main_context_iteration (NULL, TRUE);
  g_thread_pool_free (pool, FALSE, TRUE);
}

/* ---- the window ---- */

static void
setup_cb (GtkListItemFactory *factory,
          GtkListItem        *item)
{
  gtk_list_item_set_child (item, gtk_label_new (NULL));
}

static void
bind_cb (GtkListItemFactory *factory,
         GtkListItem        *item)
{
  gtk_label_set_label (GTK_LABEL (gtk_list_item_get_child (item)),
                       gtk_string_object_get_string (gtk_list_item_get_item (item)));
}

static gboolean
frame_cb (GtkWidget     *widget,
          GdkFrameClock *clock,
          gpointer       user_data)
{
  Window *self = user_data;
  gint64 now = g_get_monotonic_time ();

  if (self->last_frame != 0)
    self->longest = MAX (self->longest, now - self->last_frame);
  self->last_frame = now;
  self->n_frames++;
  gtk_widget_queue_draw (widget);
  return G_SOURCE_CONTINUE;
}

typedef void (*FloodFunc) (Window *self,
                           guint   n_jobs);

static void
measure (gconstpointer  what,
         double        *figures)
{
  FloodFunc flood = *(const FloodFunc *) what;
  Window self = { NULL };
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkFlattenListModel *shown;
  GtkWidget *window, *scrolled, *list;

  self.lists = g_list_store_new (G_TYPE_LIST_MODEL);
  self.found = g_list_store_new (G_TYPE_OBJECT);
  shown = gtk_flatten_list_model_new (G_LIST_MODEL (g_object_ref (self.lists)));
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  list = gtk_list_view_new (GTK_SELECTION_MODEL (gtk_no_selection_new (G_LIST_MODEL (shown))), factory);
  scrolled = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), list);
  window = gtk_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (window), 400, 500);
  gtk_window_set_child (GTK_WINDOW (window), scrolled);
  gtk_window_present (GTK_WINDOW (window));

  /* The first frames load fonts, and icons. */
  gtk_widget_add_tick_callback (list, frame_cb, &self, NULL);
  while (self.n_frames < 30)
    g_main_context_iteration (NULL, TRUE);
  self.longest = 0;

  flood (&self, bench_size (N_JOBS));
  while (self.n_left > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (g_list_model_get_n_items (gtk_flatten_list_model_get_model (shown)), >, 0);
  figures[0] = MAX (self.longest, g_get_monotonic_time () - self.last_frame) / 1000.0;
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (shown)), ==, bench_size (N_JOBS) * N_RESULTS);

  gtk_window_destroy (GTK_WINDOW (window));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (self.lists);
  g_object_unref (self.found);
}

int
main (int    argc,
      char **argv)
{
  static const FloodFunc ours = flood_thr, idle = flood_idle;
  const BenchFigure figure = { "gtk-frames, longest gap", "ms", .at_most = 32 };
  const BenchSide sides[] = {
    { "thr", measure, &ours },
    { "GThreadPool + idle_add", measure, &idle },
  };

  bench_init (&argc, &argv);
  if (gtk_init_check ())
    bench_compare (3, &figure, 1, sides, G_N_ELEMENTS (sides));
  else
    bench_skip ("gtk-frames", "there is no display");
  return bench_finish ();
}
