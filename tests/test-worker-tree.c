/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parents and children. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

static ThrWorker *
new_child (ThrWorker  *parent,
           const char *name)
{
  ThrWorker *child = thr_worker_new (name, NULL, NULL, NULL);

  g_assert_true (thr_worker_set_parent (child, parent, NULL));
  return child;
}

typedef struct
{
  ThrWorker *child;
  ThrWorker *orphan;
  ThrTestGate gate;
} Made;

static gboolean
make_child (ThrWorker *worker,
            gpointer   user_data,
            GError   **error)
{
  Made *made = user_data;

  made->child = thr_worker_new ("child", NULL, NULL, NULL);
  made->orphan = g_object_new (THR_TYPE_WORKER, "name", "orphan", "parent", NULL, NULL);
  thr_test_worker_start (made->child);
  thr_test_gate_open (&made->gate);
  return thr_worker_wait_forever (worker, error);
}

/* Given, or the current worker, or none. */
static void
test_parent (void)
{
  Made made = { 0 };
  ThrWorker *worker = thr_worker_new (NULL, make_child, &made, NULL);
  ThrWorker *parent;
  g_autoptr (GPtrArray) children = NULL;

  g_assert_null (thr_worker_dup_parent (worker));
  thr_test_worker_start (worker);
  thr_test_gate_wait (&made.gate);
  parent = thr_worker_dup_parent (made.child);
  g_assert_true (parent == worker);
  g_object_unref (parent);
  g_assert_null (thr_worker_dup_parent (made.orphan));
  children = thr_worker_dup_children (worker);
  g_assert_cmpuint (children->len, ==, 1);
  g_assert_true (children->pdata[0] == made.child);
  g_clear_pointer (&children, g_ptr_array_unref);

  /* It stops its children, and waits for them. */
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  g_assert_false (thr_worker_is_running (made.child));
  children = thr_worker_dup_children (worker);
  g_assert_cmpuint (children->len, ==, 0);
  thr_test_finalize_soon (made.orphan);
  thr_test_finalize_soon (made.child);
  thr_test_finalize_soon (worker);
  thr_test_gate_clear (&made.gate);
}

static gboolean
outlast (ThrWorker *worker,
         gpointer   user_data,
         GError   **error)
{
  ThrTestGate *gates = user_data;

  /* Has no break point. */
  thr_test_gate_open (&gates[0]);
  thr_test_gate_wait (&gates[1]);
  return TRUE;
}

/* Daemons are told, and not waited for; without a word a child is what its
 * parent is. */
static void
test_daemon (void)
{
  static ThrTestGate gates[2];
  ThrWorker *parent = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *child = thr_worker_new (NULL, outlast, gates, NULL);
  ThrWorker *grandchild = new_child (child, NULL);

  g_assert_true (thr_worker_set_parent (child, parent, NULL));
  g_assert_false (thr_worker_is_daemon (grandchild));
  g_assert_true (thr_worker_set_daemon (parent, THR_DAEMON_YES, NULL));
  g_assert_true (thr_worker_is_daemon (grandchild));
  g_assert_true (thr_worker_set_daemon (child, THR_DAEMON_NO, NULL));
  g_assert_false (thr_worker_is_daemon (grandchild));
  g_assert_true (thr_worker_set_daemon (child, THR_DAEMON_YES, NULL));

  thr_test_worker_start (parent);
  thr_test_worker_start (child);
  thr_test_gate_wait (&gates[0]);
  thr_worker_stop (parent);
  thr_test_worker_join (parent);
  g_assert_true (thr_worker_is_running (child));
  thr_test_gate_open (&gates[1]);
  thr_test_worker_join (child);
  thr_test_finalize_soon (grandchild);
  thr_test_finalize_soon (child);
  thr_test_finalize_soon (parent);
}

static gpointer
look_at_tree (gpointer data)
{
  gpointer *args = data;

  thr_worker_is_daemon (args[0]);
  thr_test_gate_open (args[1]);
  return NULL;
}

/* What a binding does in its toggle notify may wait for another thread. */
static void
toggled_cb (gpointer  data,
            GObject  *worker,
            gboolean  is_last)
{
  ThrTestGate looked = THR_TEST_GATE_INIT;
  gpointer args[] = { worker, &looked };
  GThread *thread = g_thread_new ("look", look_at_tree, args);

  thr_test_gate_wait (&looked);
  g_thread_join (thread);
  thr_test_gate_clear (&looked);
  ++*(int *) data;
}

static void
test_toggle (void)
{
  ThrWorker *parent = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *child = thr_worker_new (NULL, NULL, NULL, NULL);
  int n_toggled = 0;

  g_object_add_toggle_ref (G_OBJECT (parent), toggled_cb, &n_toggled);
  g_object_unref (parent);
  g_assert_cmpint (n_toggled, ==, 1);

  /* It is the last reference that comes and goes. */
  g_assert_true (thr_worker_set_parent (child, parent, NULL));
  g_assert_cmpint (n_toggled, ==, 2);
  g_assert_true (thr_worker_set_parent (child, parent, NULL));
  g_assert_cmpint (n_toggled, ==, 2);
  g_assert_true (thr_worker_set_parent (child, NULL, NULL));
  g_assert_cmpint (n_toggled, ==, 3);

  g_object_ref (parent);
  g_object_remove_toggle_ref (G_OBJECT (parent), toggled_cb, &n_toggled);
  thr_test_finalize_soon (child);
  thr_test_finalize_soon (parent);
}

static gboolean
wait_for_parent (ThrWorker *worker,
                 gpointer   user_data,
                 GError   **error)
{
  gpointer *args = user_data;
  g_autoptr (ThrWorker) parent = thr_worker_dup_parent (worker);
  g_autoptr (GError) local = NULL;

  thr_test_gate_open (args[0]);
  if (args[1] != NULL)
    {
      /* One of the two gives way: the parent, which then does not wait, or this,
       * which is refused. */
      if (!thr_worker_join (parent, THR_FOREVER, &local))
        g_assert_error (local, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
      return TRUE;
    }
  return thr_worker_wait_worker (worker, parent, THR_FOREVER, error);
}

/* A child that waits for its parent does not hold up its end. */
static void
test_child_waits (void)
{
  static ThrTestGate gate;

  for (int by_join = 0; by_join < 2; by_join++)
    {
      ThrWorker *parent = thr_worker_new (NULL, NULL, NULL, NULL);
      gpointer args[2] = { &gate, by_join ? &gate : NULL };
      ThrWorker *child = thr_worker_new (NULL, wait_for_parent, args, NULL);

      thr_test_gate_close (&gate);
      g_assert_true (thr_worker_set_parent (child, parent, NULL));
      thr_test_worker_start (parent);
      thr_test_worker_start (child);
      thr_test_gate_wait (&gate);
      thr_worker_stop (parent);
      thr_test_worker_join (parent);
      thr_test_worker_join (child);
      thr_test_finalize_soon (child);
      thr_test_finalize_soon (parent);
    }
}

static gboolean
note_with_name (ThrWorker *worker,
                ThrEvent  *event,
                gpointer   user_data,
                GError   **error)
{
  g_autofree char *name = thr_worker_dup_name (worker);
  g_autofree char *target = thr_worker_dup_name (thr_event_get_target (event));

  thr_test_diary_add (user_data, "%s<%s:%s", name, target, thr_event_get_name (event));
  return TRUE;
}

/* Who hears what: the tree is a - b - c, with b2 beside b, and all listen. */
static void
test_spread (void)
{
  enum
  {
    A,
    B,
    B2,
    C,
    N
  };
  static const char *names[N] = { "a", "b", "b2", "c" };
  ThrWorker *workers[N];
  ThrTestDiary diaries[N];
  ThrEvent *event;

  for (int i = 0; i < N; i++)
    {
      thr_test_diary_init (&diaries[i]);
      workers[i] = new_child (i == A ? NULL : workers[i == C ? B : A], names[i]);
      thr_worker_listen (workers[i], "UP", note_with_name, &diaries[i], NULL);
      thr_worker_listen (workers[i], "DOWN", note_with_name, &diaries[i], NULL);
      thr_worker_listen (workers[i], "P", note_with_name, &diaries[i], NULL);
      thr_worker_listen (workers[i], "K", note_with_name, &diaries[i], NULL);
      thr_worker_listen (workers[i], "BOTH", note_with_name, &diaries[i], NULL);
      thr_test_worker_start (workers[i]);
    }
  g_assert_true (thr_worker_bubble (workers[C], "UP", NULL, NULL));
  g_assert_true (thr_worker_broadcast (workers[A], "DOWN", NULL, NULL));
  g_assert_true (thr_worker_parent_fire (workers[C], "P", NULL, NULL));
  g_assert_true (thr_worker_parent_fire (workers[A], "P", NULL, NULL));
  g_assert_true (thr_worker_children_fire (workers[A], "K", NULL, NULL));
  event = thr_event_new_full ("BOTH", NULL, workers[B2], TRUE, TRUE);
  thr_worker_fire_event (workers[B], event);
  thr_event_unref (event);

  /* The children are stopped by the parent. */
  thr_worker_stop (workers[A]);
  thr_test_worker_join (workers[A]);
  thr_test_diary_check (&diaries[A], "a<c:UP a<b2:BOTH");
  thr_test_diary_check (&diaries[B], "b<c:UP b<a:DOWN b<c:P b<a:K b<b2:BOTH");
  thr_test_diary_check (&diaries[B2], "b2<a:DOWN b2<a:K");
  thr_test_diary_check (&diaries[C], "c<a:DOWN c<b2:BOTH");
  for (int i = N; i-- > 0;)
    {
      thr_test_finalize_soon (workers[i]);
      thr_test_diary_clear (&diaries[i]);
    }
}

static void
changed_cb (GListModel *model,
            guint       position,
            guint       n_removed,
            guint       n_added,
            gpointer    user_data)
{
  g_assert_true (thr_dispatcher_on_main_thread ());
  *(int *) user_data += 1;
}

/* The list of children follows them, in the owner context. */
static void
test_model (void)
{
  ThrWorker *parent = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *one = new_child (parent, "one");
  ThrWorker *two = new_child (parent, "two");
  GListModel *model;
  int n_changes = 0;

  thr_test_worker_start (one);
  model = thr_worker_get_children_model (parent);
  g_assert_true (g_list_model_get_item_type (model) == THR_TYPE_WORKER);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 1);
  g_signal_connect (model, "items-changed", G_CALLBACK (changed_cb), &n_changes);
  thr_test_worker_start (two);
  thr_test_run_until (g_list_model_get_n_items (model) == 2);
  thr_worker_stop (one);
  thr_worker_stop (two);
  thr_test_run_until (g_list_model_get_n_items (model) == 0);
  g_assert_cmpint (n_changes, >=, 3);
  thr_test_worker_join (one);
  thr_test_worker_join (two);
  thr_test_finalize_soon (one);
  thr_test_finalize_soon (two);
  thr_test_finalize_soon (parent);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-tree/parent", test_parent);
  g_test_add_func ("/worker-tree/daemon", test_daemon);
  g_test_add_func ("/worker-tree/toggle", test_toggle);
  g_test_add_func ("/worker-tree/child-waits", test_child_waits);
  g_test_add_func ("/worker-tree/spread", test_spread);
  g_test_add_func ("/worker-tree/model", test_model);

  return g_test_run ();
}
