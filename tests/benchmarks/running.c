/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job's function pays while it runs. */

#include "bench.h"

#include <thr-glib/thr-glib.h>

#define PROGRESS_NS G_GINT64_CONSTANT (1000000000)

/* Progress: a thread tells it as fast as it can, the main loop hears of it. */

typedef void (*SetProgress) (gpointer self, double progress);

typedef struct
{
  SetProgress set;
  gpointer self;
  guint64 n_sets;
  double last_set;
  gint64 took;

  guint n_heard;
  double last_heard;
} Telling;

static void
tell (Telling *telling)
{
  gint64 begun = bench_now ();
  gint64 end = begun + PROGRESS_NS / (bench_size (100) == 100 ? 1 : 100);

  /* The clock is not what is measured: it is looked at seldom. */
  do
    for (guint i = 0; i < 1000; i++)
      {
        telling->last_set = (double) ++telling->n_sets / 1e12;
        telling->set (telling->self, telling->last_set);
      }
  while (bench_now () < end);
  telling->took = bench_now () - begun;
}

static void
heard_cb (GObject    *object,
          GParamSpec *pspec,
          gpointer    user_data)
{
  Telling *telling = user_data;

  telling->n_heard++;
  g_object_get (object, "progress", &telling->last_heard, NULL);
}

static void
tell_figures (const Telling *telling,
              double        *figures)
{
  figures[0] = (double) telling->took / telling->n_sets;
  figures[1] = telling->n_heard / ((double) telling->took / 1e9);
  figures[2] = telling->last_heard >= telling->last_set && telling->last_heard <= telling->last_set ? 100 : 0;
}

static gboolean
tell_func (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  Telling *telling = user_data;

  telling->self = thread;
  tell (telling);
  return TRUE;
}

static void
ended_cb (ThrThreadWrapper *thread,
          gpointer          user_data)
{
  g_main_loop_quit (user_data);
}

static void
measure_thr_progress (gconstpointer  what,
                      double        *figures)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (ThrThreadWrapper) job = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Telling telling = { .set = (SetProgress) thr_thread_wrapper_set_progress };

  job = thr_thread_manager_do_async (manager, NULL, tell_func, &telling, NULL);
  g_signal_connect (job, "notify::progress", G_CALLBACK (heard_cb), &telling);
  g_signal_connect (job, "ended", G_CALLBACK (ended_cb), loop);
  g_main_loop_run (loop);
  tell_figures (&telling, figures);
}

/* The peer: an object of one's own, whose property is set in the main loop by an
 * idle function, of which at most one is under way. */

#define BENCH_TYPE_PROGRESS (bench_progress_get_type ())
G_DECLARE_FINAL_TYPE (BenchProgress, bench_progress, BENCH, PROGRESS, GObject)

struct _BenchProgress
{
  GObject parent_instance;

  double progress;

  GMutex told_mutex; /* guards the rest */
  double told;
  gboolean idle_under_way;
};

enum
{
  PROP_0,
  PROP_PROGRESS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (BenchProgress, bench_progress, G_TYPE_OBJECT)

static void
bench_progress_finalize (GObject *object)
{
  BenchProgress *self = BENCH_PROGRESS (object);

  g_mutex_clear (&self->told_mutex);
  G_OBJECT_CLASS (bench_progress_parent_class)->finalize (object);
}

static void
bench_progress_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  g_value_set_double (value, BENCH_PROGRESS (object)->progress);
}

static void
bench_progress_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  BENCH_PROGRESS (object)->progress = g_value_get_double (value);
  g_object_notify_by_pspec (object, pspec);
}

static void
bench_progress_class_init (BenchProgressClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = bench_progress_finalize;
  object_class->get_property = bench_progress_get_property;
  object_class->set_property = bench_progress_set_property;

  props[PROP_PROGRESS] =
    g_param_spec_double ("progress", NULL, NULL, -1, 1, -1,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
bench_progress_init (BenchProgress *self)
{
  g_mutex_init (&self->told_mutex);
}

static gboolean
told_cb (gpointer user_data)
{
  BenchProgress *self = user_data;
  double told;

  g_mutex_lock (&self->told_mutex);
  told = self->told;
  self->idle_under_way = FALSE;
  g_mutex_unlock (&self->told_mutex);

  g_object_set (self, "progress", told, NULL);
  return G_SOURCE_REMOVE;
}

static void
bench_progress_tell (gpointer object,
                     double   progress)
{
  BenchProgress *self = object;
  gboolean is_first;

  g_mutex_lock (&self->told_mutex);
  self->told = progress;
  is_first = !self->idle_under_way;
  self->idle_under_way = TRUE;
  g_mutex_unlock (&self->told_mutex);

  if (is_first)
    g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, told_cb, g_object_ref (self), g_object_unref);
}

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

typedef struct
{
  Telling *telling;
  GMainLoop *loop;
} PeerThread;

static gpointer
peer_thread_func (gpointer data)
{
  PeerThread *peer = data;

  tell (peer->telling);
  g_idle_add_full (G_PRIORITY_LOW, quit_cb, peer->loop, NULL);
  return NULL;
}

static void
measure_idle_progress (gconstpointer  what,
                       double        *figures)
{
  g_autoptr (BenchProgress) progress = g_object_new (BENCH_TYPE_PROGRESS, NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Telling telling = { .set = bench_progress_tell, .self = progress };
  PeerThread peer = { &telling, loop };
  GThread *thread;

  g_signal_connect (progress, "notify::progress", G_CALLBACK (heard_cb), &telling);
  thread = g_thread_new ("progress", peer_thread_func, &peer);
  g_main_loop_run (loop);
  g_thread_join (thread);
  tell_figures (&telling, figures);
}

static void
progress (void)
{
  const BenchFigure figures[] = {
    { "progress, a set", "ns", .at_most = 10 },
    { "progress, notifies", "a second", .at_most = 70 },
    { "progress, last value heard", "%", .at_least = 100 },
  };
  const BenchSide sides[] = {
    { "thr", measure_thr_progress, NULL },
    { "merged idle_add", measure_idle_progress, NULL },
  };

  bench_compare (5, figures, G_N_ELEMENTS (figures), sides, G_N_ELEMENTS (sides));
}

/* Checkpoint */

static gint64 checkpoints_took;
static gboolean checkpoints_passed;

static gboolean
checkpoint_func (ThrThreadWrapper *thread,
                 gpointer          user_data,
                 GError          **error)
{
  guint n = GPOINTER_TO_UINT (user_data);
  gboolean passed = TRUE;
  gint64 begun = bench_now ();

  for (guint i = 0; i < n && passed; i++)
    passed = thr_thread_wrapper_checkpoint (thread, error);
  checkpoints_took = bench_now () - begun;
  checkpoints_passed = passed;
  return passed;
}

static void
measure_checkpoint (gconstpointer  what,
                    double        *figures)
{
  guint n = bench_size (20000000);
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (ThrThreadWrapper) job = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  job = thr_thread_manager_do_async (manager, NULL, checkpoint_func, GUINT_TO_POINTER (n), NULL);
  g_signal_connect (job, "ended", G_CALLBACK (ended_cb), loop);
  g_main_loop_run (loop);
  g_assert_true (checkpoints_passed);
  figures[0] = (double) checkpoints_took / n;
}

static void
measure_cancellable (gconstpointer  what,
                     double        *figures)
{
  guint n = bench_size (20000000);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  gint64 begun = bench_now ();

  for (guint i = 0; i < n; i++)
    g_assert_false (g_cancellable_set_error_if_cancelled (cancellable, &error));
  figures[0] = (double) (bench_now () - begun) / n;
}

static void
checkpoint (void)
{
  const BenchFigure figure = { "checkpoint", "ns", .at_most = 5 };
  const BenchSide sides[] = {
    { "thr", measure_checkpoint, NULL },
    { "GCancellable", measure_cancellable, NULL },
  };

  bench_compare (9, &figure, 1, sides, G_N_ELEMENTS (sides));
}

/* Items: a thread finds them as fast as it can, a list in the main loop gets
 * them. It is the same object each time, since to make one costs more. */

typedef struct
{
  GObject *item;
  guint n;
  gint64 took; /* the thread */
  GListModel *list;
  GMainLoop *loop;
} Finding;

static gboolean
find_func (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  Finding *finding = user_data;
  gint64 begun = bench_now ();

  for (guint i = 0; i < finding->n; i++)
    thr_thread_wrapper_emit_item (thread, finding->item);
  finding->took = bench_now () - begun;
  return TRUE;
}

static void
finding_begin (Finding *finding)
{
  finding->n = bench_size (1000000);
  finding->item = g_object_new (G_TYPE_OBJECT, NULL);
  finding->loop = g_main_loop_new (NULL, FALSE);
}

static void
finding_end (Finding *finding,
             gint64   begun,
             double  *figures)
{
  figures[0] = (double) finding->took / finding->n;
  figures[1] = (double) (bench_now () - begun) / finding->n;
  g_assert_cmpuint (g_list_model_get_n_items (finding->list), ==, finding->n);
  g_object_unref (finding->list);
  g_object_unref (finding->item);
  g_main_loop_unref (finding->loop);
}

static void
measure_thr_items (gconstpointer  what,
                   double        *figures)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (ThrThreadWrapper) job = NULL;
  Finding finding;
  gint64 begun;

  finding_begin (&finding);
  begun = bench_now ();
  job = thr_thread_manager_do_async (manager, NULL, find_func, &finding, NULL);
  finding.list = g_object_ref (thr_thread_wrapper_get_items (job));
  g_signal_connect (job, "ended", G_CALLBACK (ended_cb), finding.loop);
  g_main_loop_run (finding.loop);
  finding_end (&finding, begun, figures);
}

static gboolean
append_cb (gpointer user_data)
{
  Finding *finding = user_data;

  g_list_store_append (G_LIST_STORE (finding->list), finding->item);
  if (g_list_model_get_n_items (finding->list) == finding->n)
    g_main_loop_quit (finding->loop);
  return G_SOURCE_REMOVE;
}

static gpointer
find_thread_func (gpointer data)
{
  Finding *finding = data;
  gint64 begun = bench_now ();

  for (guint i = 0; i < finding->n; i++)
    g_idle_add (append_cb, finding);
  finding->took = bench_now () - begun;
  return NULL;
}

static void
measure_idle_items (gconstpointer  what,
                    double        *figures)
{
  GThread *thread;
  Finding finding;
  gint64 begun;

  finding_begin (&finding);
  finding.n /= 10;
  finding.list = G_LIST_MODEL (g_list_store_new (G_TYPE_OBJECT));
  begun = bench_now ();
  thread = g_thread_new ("items", find_thread_func, &finding);
  g_main_loop_run (finding.loop);
  g_thread_join (thread);
  finding_end (&finding, begun, figures);
}

static void
items (void)
{
  const BenchFigure figures[] = {
    { "items, the thread", "ns an item", .at_most = 100, .gates = { 0.2 } },
    { "items, until all are listed", "ns an item", .at_most = 150, .gates = { 0.1 } },
  };
  const BenchSide sides[] = {
    { "thr", measure_thr_items, NULL },
    { "idle_add + GListStore", measure_idle_items, NULL },
  };

  bench_compare (5, figures, G_N_ELEMENTS (figures), sides, G_N_ELEMENTS (sides));
}

int
main (int    argc,
      char **argv)
{
  bench_init (&argc, &argv);

  if (bench_wants ("progress"))
    progress ();
  if (bench_wants ("checkpoint"))
    checkpoint ();
  if (bench_wants ("items"))
    items ();

  return bench_finish ();
}
