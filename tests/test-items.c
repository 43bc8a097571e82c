/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#define TEST_TYPE_ITEM (test_item_get_type ())
G_DECLARE_FINAL_TYPE (TestItem, test_item, TEST, ITEM, GObject)

struct _TestItem
{
  GObject parent_instance;
  guint number;
};

G_DEFINE_FINAL_TYPE (TestItem, test_item, G_TYPE_OBJECT)

static int n_items_alive;
static GThread *home_thread;

static void
test_item_finalize (GObject *object)
{
  g_assert_true (g_thread_self () == home_thread);
  g_atomic_int_add (&n_items_alive, -1);
  G_OBJECT_CLASS (test_item_parent_class)->finalize (object);
}

static void
test_item_class_init (TestItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_item_finalize;
}

static void
test_item_init (TestItem *self)
{
  g_atomic_int_inc (&n_items_alive);
}

static void
emit (ThrThreadWrapper *thread,
      guint             number)
{
  g_autoptr (TestItem) item = g_object_new (TEST_TYPE_ITEM, NULL);

  item->number = number;
  thr_thread_wrapper_emit_item (thread, G_OBJECT (item));
}

/* What a view would hold: it follows the announcements alone. */
typedef struct
{
  ThrThreadWrapper *job;
  guint n_shown;
  guint n_changes;
  gboolean in_time; /* all were there before RETURNED was announced */
  guint n_wanted;
  ThrTestGate half, go_on;
} View;

static void
changed_cb (GListModel *model,
            guint       position,
            guint       n_removed,
            guint       n_added,
            gpointer    user_data)
{
  View *view = user_data;

  g_assert_true (g_thread_self () == home_thread);
  g_assert_cmpuint (position, ==, view->n_shown);
  g_assert_cmpuint (n_removed, ==, 0);
  g_assert_cmpuint (n_added, >, 0);
  g_assert_cmpuint (g_list_model_get_n_items (model), >=, position + n_added);
  for (guint i = position; i < position + n_added; i++)
    {
      g_autoptr (TestItem) item = g_list_model_get_item (model, i);

      g_assert_cmpuint (item->number, ==, i);
    }
  view->n_shown += n_added;
  view->n_changes++;
}

static void
state_cb (ThrThreadWrapper *job,
          GParamSpec       *pspec,
          View             *view)
{
  if (thr_thread_wrapper_get_execution_state (job) == THR_EXECUTION_STATE_RETURNED)
    view->in_time = view->n_shown == view->n_wanted;
}

static gboolean
scan (ThrThreadWrapper *thread,
      gpointer          user_data,
      GError          **error)
{
  View *view = user_data;

  for (guint i = 0; i < view->n_wanted; i++)
    emit (thread, i);
  return TRUE;
}

static void
test_all_in_order (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  View view = { .n_wanted = thr_test_scale (300000, 3000) };
  g_autoptr (GListModel) model = NULL;
  ThrThreadWrapper *job;

  job = thr_thread_manager_do_async (manager, "scan", scan, &view, NULL);
  model = g_object_ref (thr_thread_wrapper_get_items (job));
  g_assert_true (g_list_model_get_item_type (model) == G_TYPE_OBJECT);
  g_signal_connect (model, "items-changed", G_CALLBACK (changed_cb), &view);
  g_signal_connect (job, "notify::execution-state", G_CALLBACK (state_cb), &view);
  thr_test_run_until_closed (job);
  g_assert_true (view.in_time);
  g_assert_cmpuint (view.n_shown, ==, view.n_wanted);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, view.n_wanted);
  g_assert_null (g_list_model_get_item (model, view.n_wanted));
  g_test_message ("%u items in %u changes", view.n_shown, view.n_changes);
  g_assert_cmpuint (view.n_changes, <, view.n_wanted / 10);

  /* The list outlives the job, and takes its items with it. */
  g_assert_finalize_object (job);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, view.n_wanted);
  g_assert_cmpint (g_atomic_int_get (&n_items_alive), ==, (int) view.n_wanted);
  g_clear_object (&model);
  g_assert_cmpint (g_atomic_int_get (&n_items_alive), ==, 0);
}

static gboolean
scan_in_two (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  View *view = user_data;

  for (guint i = 0; i < view->n_wanted / 2; i++)
    emit (thread, i);
  thr_test_gate_open (&view->half);
  thr_test_gate_wait (&view->go_on);
  for (guint i = view->n_wanted / 2; i < view->n_wanted; i++)
    emit (thread, i);
  return TRUE;
}

/* It fills while the job runs. */
static void
test_meanwhile (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  View view = { .n_wanted = 100 };
  ThrThreadWrapper *job;
  g_autoptr (GListModel) model = NULL;

  job = thr_thread_manager_do_async (manager, NULL, scan_in_two, &view, NULL);
  g_object_get (job, "items", &model, NULL);
  g_signal_connect (model, "items-changed", G_CALLBACK (changed_cb), &view);
  thr_test_gate_wait (&view.half);
  thr_test_run_until (view.n_shown == 50);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (job), ==, THR_EXECUTION_STATE_RUNNING);
  thr_test_gate_open (&view.go_on);
  thr_test_run_until_closed (job);
  g_assert_cmpuint (view.n_shown, ==, 100);
  g_assert_true (thr_thread_wrapper_get_items (job) == model);
  g_clear_object (&model);
  g_assert_finalize_object (job);
  g_assert_cmpint (g_atomic_int_get (&n_items_alive), ==, 0);
  thr_test_gate_clear (&view.half);
  thr_test_gate_clear (&view.go_on);
}

/* Nobody looks until all is over; and without a main loop. */
static void
test_looked_at_late (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  View view = { .n_wanted = 1000 };
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, scan, &view, NULL);
  GListModel *model;

  g_assert_true (thr_thread_wrapper_join (job, THR_FOREVER, NULL, NULL));
  model = thr_thread_wrapper_get_items (job);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 1000);
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (TestItem) item = g_list_model_get_item (model, i);

      g_assert_cmpuint (item->number, ==, i);
    }
  g_assert_finalize_object (job);
  g_assert_cmpint (g_atomic_int_get (&n_items_alive), ==, 0);
}

/* A job that emits nothing has an empty list, and one that fails has what it
 * found before. */
static gboolean
scan_and_fail (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  scan (thread, user_data, NULL);
  return thr_test_job_fail (thread, NULL, error);
}

static void
ignore_failure (ThrThreadWrapper *thread,
                const GError     *failure,
                gpointer          user_data)
{
}

static void
test_few (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  View view = { .n_wanted = 7 };
  ThrThreadWrapper *job;

  job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  thr_test_run_until_closed (job);
  g_assert_cmpuint (g_list_model_get_n_items (thr_thread_wrapper_get_items (job)), ==, 0);
  g_assert_finalize_object (job);

  job = thr_thread_manager_do_async (manager, NULL, scan_and_fail, &view, NULL);
  thr_thread_wrapper_set_on_fail (job, ignore_failure, NULL, NULL);
  thr_test_run_until_closed (job);
  g_assert_cmpuint (g_list_model_get_n_items (thr_thread_wrapper_get_items (job)), ==, 7);
  g_assert_finalize_object (job);
  g_assert_cmpint (g_atomic_int_get (&n_items_alive), ==, 0);
}

/* Before it is submitted, and when it is over. */
static void
test_outside (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  GListModel *model = thr_thread_wrapper_get_items (job);

  emit (job, 0);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 1);
  g_assert_true (thr_thread_manager_submit (manager, job, NULL));
  thr_test_run_until_closed (job);
  thr_test_drain ();
  emit (job, 1);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 2);
  g_assert_finalize_object (job);
  g_assert_cmpint (g_atomic_int_get (&n_items_alive), ==, 0);
}

static gpointer
emit_thread (gpointer data)
{
  for (guint i = 0; i < 1000; i++)
    emit (data, i);
  g_object_unref (data);
  return NULL;
}

/* From other threads, into a manual job that ends meanwhile; the last reference
 * to the list is dropped away from home. */
static gpointer
drop_thread (gpointer data)
{
  g_object_unref (data);
  return NULL;
}

static void
test_other_threads (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();

  for (guint round = 0; round < thr_test_scale (50, 5); round++)
    {
      ThrThreadWrapper *job = thr_thread_manager_do_manual (manager, NULL);
      GListModel *model = g_object_ref (thr_thread_wrapper_get_items (job));
      GThread *threads[3];

      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("emit", emit_thread, g_object_ref (job));
      if (round % 2)
        thr_test_run_until (g_list_model_get_n_items (model) > 0);
      g_assert_true (thr_thread_wrapper_return_value (job, NULL, NULL));
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
      thr_test_run_until (g_list_model_get_n_items (model) == 3000);
      thr_test_drain ();
      thr_test_finalize_soon (job);
      g_thread_join (g_thread_new ("drop", drop_thread, model));
      thr_test_poll_until (g_atomic_int_get (&n_items_alive) == 0);
    }
}

/* A handler of a change emits, and runs a main loop. */
static void
nest_cb (GListModel *model,
         guint       position,
         guint       n_removed,
         guint       n_added,
         gpointer    user_data)
{
  View *view = user_data;

  /* The job's own are through. */
  if (view->n_shown >= 10 && view->n_shown < 20)
    emit (view->job, view->n_shown);
  thr_test_drain ();
}

static void
test_nested (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  View view = { .n_wanted = 10 };
  ThrThreadWrapper *job;
  GListModel *model;

  job = view.job = thr_thread_manager_do_async (manager, NULL, scan, &view, NULL);
  model = thr_thread_wrapper_get_items (job);
  g_signal_connect (model, "items-changed", G_CALLBACK (changed_cb), &view);
  g_signal_connect (model, "items-changed", G_CALLBACK (nest_cb), &view);
  thr_test_run_until_closed (job);
  thr_test_run_until (view.n_shown == 20);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, view.n_shown);
  g_signal_handlers_disconnect_by_data (model, &view);
  thr_test_finalize_soon (job);
}

/* Nobody holds the job or the manager. */
static gboolean
scan_at_gate (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  View *view = user_data;

  scan (thread, user_data, error);
  thr_test_gate_open (&view->half);
  return TRUE;
}

static void
test_dropped (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  View view = { .n_wanted = 100 };

  g_object_unref (thr_thread_manager_do_async (manager, NULL, scan_at_gate, &view, NULL));
  g_object_unref (manager);
  thr_test_gate_wait (&view.half);
  thr_test_poll_until (g_atomic_int_get (&n_items_alive) == 0);
  thr_test_gate_clear (&view.half);
}

/* A handler emits more where there is no delivery that it could wait for: each
 * handler hears of all of them in order. */
typedef struct
{
  ThrThreadWrapper *job;
  guint n_more;
  guint length; /* by what was announced */
} Echo;

static void
echo_cb (GListModel *list,
         guint       position,
         guint       n_removed,
         guint       n_added,
         gpointer    user_data)
{
  Echo *echo = user_data;
  g_autoptr (GObject) item = g_object_new (G_TYPE_OBJECT, NULL);

  if (echo->n_more > 0)
    {
      echo->n_more--;
      thr_thread_wrapper_emit_item (echo->job, item);
    }
}

static void
follow_cb (GListModel *list,
           guint       position,
           guint       n_removed,
           guint       n_added,
           gpointer    user_data)
{
  Echo *echo = user_data;

  g_assert_cmpuint (position, ==, echo->length);
  g_assert_cmpuint (n_removed, ==, 0);
  echo->length += n_added;
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, echo->length);
}

static void
test_echoed (void)
{
  Echo echo = { .job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL), .n_more = 3 };
  g_autoptr (GObject) item = g_object_new (G_TYPE_OBJECT, NULL);
  GListModel *list = thr_thread_wrapper_get_items (echo.job);

  g_signal_connect (list, "items-changed", G_CALLBACK (echo_cb), &echo);
  g_signal_connect (list, "items-changed", G_CALLBACK (follow_cb), &echo);
  thr_thread_wrapper_emit_item (echo.job, item);
  g_assert_cmpuint (echo.length, ==, 4);
  g_assert_finalize_object (echo.job);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  home_thread = g_thread_self ();

  g_test_add_func ("/items/all-in-order", test_all_in_order);
  g_test_add_func ("/items/meanwhile", test_meanwhile);
  g_test_add_func ("/items/looked-at-late", test_looked_at_late);
  g_test_add_func ("/items/few", test_few);
  g_test_add_func ("/items/outside", test_outside);
  g_test_add_func ("/items/other-threads", test_other_threads);
  g_test_add_func ("/items/nested", test_nested);
  g_test_add_func ("/items/echoed", test_echoed);
  g_test_add_func ("/items/dropped", test_dropped);

  return g_test_run ();
}
