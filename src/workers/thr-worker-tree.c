/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"

/* The family tree of all workers.
 *
 * A worker holds its parent; a parent's children are those that run, and their
 * runs hold them. References so go up only, as set_parent() refuses a cycle.
 *
 * The one lock is taken for a few steps along the tree. What is to be done with
 * those found there is done after it, with references. These are taken under it,
 * but never the first beside a binding's, which would be told of that: whoever is
 * found in the tree is held by its children or by its run. The inbox_lock of a
 * worker may be taken with it, never the other way round. */
static GMutex tree_lock; /* guards parent, children and adopters of each worker */

static void
children_changed (ThrWorker *self)
{
  if (atomic_load (&thr_worker_priv (self)->has_model))
    thr_worker_mark (self, THR_WORKER_CHILDREN);
}

static gboolean
add_child_locked (ThrWorker *self,
                  ThrWorker *child)
{
  ThrWorkerPrivate *priv = thr_worker_priv (self);

  if (priv->children == NULL)
    priv->children = g_ptr_array_new ();
  else if (g_ptr_array_find (priv->children, child, NULL))
    return FALSE;
  g_ptr_array_add (priv->children, child);
  return TRUE;
}

static gboolean
remove_child_locked (ThrWorker *self,
                     ThrWorker *child)
{
  ThrWorkerPrivate *priv = thr_worker_priv (self);

  return priv->children != NULL && g_ptr_array_remove (priv->children, child);
}

/* Its run begins. */
void
thr_tree_enter (ThrRun *run)
{
  ThrWorkerPrivate *priv = thr_worker_priv (run->worker);
  ThrWorker *parent = NULL;

  g_mutex_lock (&tree_lock);
  if (priv->parent != NULL && add_child_locked (priv->parent, run->worker))
    parent = g_object_ref (priv->parent);
  g_mutex_unlock (&tree_lock);

  if (parent != NULL)
    {
      children_changed (parent);
      g_object_unref (parent);
    }
}

/* Its run is at its end; but the next one may have begun. */
void
thr_tree_leave (ThrRun *run)
{
  ThrWorker *worker = run->worker;
  ThrWorkerPrivate *priv = thr_worker_priv (worker);
  g_autoptr (GPtrArray) left = g_ptr_array_new_with_free_func (g_object_unref);
  gboolean runs_again;

  g_mutex_lock (&tree_lock);
  g_mutex_lock (&priv->inbox_lock);
  runs_again = priv->run != NULL;
  g_mutex_unlock (&priv->inbox_lock);
  if (!runs_again)
    {
      if (priv->parent != NULL && remove_child_locked (priv->parent, worker))
        g_ptr_array_add (left, g_object_ref (priv->parent));
      while (priv->adopters != NULL && priv->adopters->len > 0)
        {
          ThrWorker *adopter = g_ptr_array_steal_index (priv->adopters, 0);

          remove_child_locked (adopter, worker);
          g_ptr_array_add (left, adopter);
        }
    }
  g_mutex_unlock (&tree_lock);

  for (guint i = 0; i < left->len; i++)
    children_changed (left->pdata[i]);
}

void
thr_worker_adopt (ThrWorker *self,
                  ThrWorker *child)
{
  ThrWorkerPrivate *priv = thr_worker_priv (child);
  gboolean running;

  g_mutex_lock (&tree_lock);
  g_mutex_lock (&priv->inbox_lock);
  running = priv->run != NULL;
  g_mutex_unlock (&priv->inbox_lock);
  if (running && add_child_locked (self, child))
    {
      if (priv->adopters == NULL)
        priv->adopters = g_ptr_array_new ();
      g_ptr_array_add (priv->adopters, g_object_ref (self));
    }
  g_mutex_unlock (&tree_lock);
  children_changed (self);
}

void
thr_worker_disown (ThrWorker *self,
                   ThrWorker *child)
{
  ThrWorkerPrivate *priv = thr_worker_priv (child);
  gboolean found;

  g_mutex_lock (&tree_lock);
  found = priv->adopters != NULL && g_ptr_array_remove (priv->adopters, self);
  if (found)
    remove_child_locked (self, child);
  g_mutex_unlock (&tree_lock);

  if (found)
    {
      children_changed (self);
      g_object_unref (self);
    }
}

/* In finalize: it does not run, and nobody has it for a parent. */
void
thr_tree_clear (ThrWorker *self)
{
  ThrWorkerPrivate *priv = thr_worker_priv (self);

  g_clear_object (&priv->parent);
  g_clear_pointer (&priv->children, g_ptr_array_unref);
  g_clear_pointer (&priv->adopters, g_ptr_array_unref);
}

/* In init: made inside a worker it is its child. */
void
thr_tree_set_default_parent (ThrWorker *self)
{
  ThrWorkerFrame *frame = thr_local.worker_frame;

  if (frame != NULL && !frame->run->is_root)
    thr_worker_priv (self)->parent = g_object_ref (frame->worker);
}

/**
 * thr_worker_dup_parent: (get-property parent)
 * @self: a worker
 *
 * Its parent.
 *
 * Returns: (transfer full) (nullable): the parent, or `NULL` where it has none
 *
 * Since: 1.0
 */
ThrWorker *
thr_worker_dup_parent (ThrWorker *self)
{
  ThrWorker *parent;

  g_return_val_if_fail (THR_IS_WORKER (self), NULL);

  g_mutex_lock (&tree_lock);
  parent = thr_worker_priv (self)->parent;
  if (parent != NULL)
    g_object_ref (parent);
  g_mutex_unlock (&tree_lock);
  return parent;
}

static gboolean
refuse_while_running (ThrWorker *self,
                      GError   **error)
{
  g_autofree char *name = thr_worker_dup_name (self);

  g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
               _("The worker “%s” is running: its parent, and whether it is a daemon, can be "
                 "changed only while it is not"),
               name);
  return FALSE;
}

static gboolean
is_running_locked (ThrWorkerPrivate *priv)
{
  gboolean running;

  g_mutex_lock (&priv->inbox_lock);
  running = priv->run != NULL;
  g_mutex_unlock (&priv->inbox_lock);
  return running;
}

/**
 * thr_worker_set_parent:
 * @self: a worker that does not run
 * @parent: (nullable): its parent, or `NULL` for none
 * @error: where to put an error
 *
 * Changes the parent. A worker that is made inside a worker is that one's child;
 * any other has no parent at first.
 *
 * The error is `THR_ERROR_INVALID_STATE` while the worker runs, and
 * `THR_ERROR_INVALID_ARGUMENT` if @parent is the worker itself or one of its
 * descendants; nothing has changed then.
 *
 * Returns: `TRUE` if it is so
 *
 * Since: 1.0
 */
gboolean
thr_worker_set_parent (ThrWorker *self,
                       ThrWorker *parent,
                       GError   **error)
{
  g_autoptr (ThrWorker) held = NULL;
  ThrWorkerPrivate *priv;
  ThrWorker *before = NULL;
  gboolean running, closes = FALSE;
  gboolean changed = FALSE;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (parent == NULL || THR_IS_WORKER (parent), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  priv = thr_worker_priv (self);
  /* Before the lock: the first reference beside that of a binding notifies it. */
  if (parent != NULL)
    held = g_object_ref (parent);
  g_mutex_lock (&tree_lock);
  running = is_running_locked (priv);
  for (ThrWorker *up = parent; up != NULL && !closes; up = thr_worker_priv (up)->parent)
    closes = up == self;
  if (!running && !closes && priv->parent != parent)
    {
      changed = TRUE;
      before = priv->parent;
      /* An earlier run may still be cleaning up. */
      if (before != NULL)
        remove_child_locked (before, self);
      priv->parent = g_steal_pointer (&held);
    }
  g_mutex_unlock (&tree_lock);

  if (before != NULL)
    {
      children_changed (before);
      g_object_unref (before);
    }
  if (running)
    return refuse_while_running (self, error);
  if (closes)
    {
      g_autofree char *name = thr_worker_dup_name (self);

      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                   _("The worker “%s” cannot be a child of itself or of one of its descendants"),
                   name);
      return FALSE;
    }
  if (changed)
    thr_worker_mark (self, THR_WORKER_PARENT);
  return TRUE;
}

/**
 * thr_worker_get_daemon: (get-property daemon)
 * @self: a worker
 *
 * Whether it was said that the worker is a daemon. [method@Thr.Worker.is_daemon]
 * tells whether it is.
 *
 * Returns: yes, no, or as its parent is
 *
 * Since: 1.0
 */
ThrDaemon
thr_worker_get_daemon (ThrWorker *self)
{
  g_return_val_if_fail (THR_IS_WORKER (self), THR_DAEMON_INHERIT);

  return atomic_load (&thr_worker_priv (self)->daemon);
}

/**
 * thr_worker_set_daemon:
 * @self: a worker that does not run
 * @daemon: yes, no, or as its parent is
 * @error: where to put an error
 *
 * Says whether the worker is a daemon: a parent that ends tells all its children
 * to stop, and waits for those that are none.
 *
 * The error is `THR_ERROR_INVALID_STATE` while the worker runs.
 *
 * Returns: `TRUE` if it is so
 *
 * Since: 1.0
 */
gboolean
thr_worker_set_daemon (ThrWorker *self,
                       ThrDaemon  daemon,
                       GError   **error)
{
  ThrWorkerPrivate *priv;
  gboolean running;
  gboolean changed = FALSE;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (daemon >= THR_DAEMON_INHERIT && daemon <= THR_DAEMON_YES, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  priv = thr_worker_priv (self);
  g_mutex_lock (&tree_lock);
  running = is_running_locked (priv);
  if (!running)
    changed = atomic_exchange (&priv->daemon, daemon) != daemon;
  g_mutex_unlock (&tree_lock);

  if (running)
    return refuse_while_running (self, error);
  if (changed)
    thr_worker_mark (self, THR_WORKER_DAEMON);
  return TRUE;
}

/**
 * thr_worker_is_daemon:
 * @self: a worker
 *
 * Whether the worker is a daemon: as was said of it, or else as its parent is;
 * one that has no parent is none.
 *
 * Returns: whether it is one
 *
 * Since: 1.0
 */
gboolean
thr_worker_is_daemon (ThrWorker *self)
{
  guint daemon = THR_DAEMON_INHERIT;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);

  g_mutex_lock (&tree_lock);
  for (ThrWorker *up = self; up != NULL && daemon == THR_DAEMON_INHERIT;
       up = thr_worker_priv (up)->parent)
    daemon = atomic_load (&thr_worker_priv (up)->daemon);
  g_mutex_unlock (&tree_lock);
  return daemon == THR_DAEMON_YES;
}

/* ---- children ---- */

GPtrArray *
thr_tree_dup_children (ThrWorker *self)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (g_object_unref);
  GPtrArray *children;

  g_mutex_lock (&tree_lock);
  children = thr_worker_priv (self)->children;
  for (guint i = 0; children != NULL && i < children->len; i++)
    g_ptr_array_add (copy, g_object_ref (children->pdata[i]));
  g_mutex_unlock (&tree_lock);
  return copy;
}

/**
 * thr_worker_dup_children:
 * @self: a worker
 *
 * Its children that run, in the order in which they were started, as they are at
 * this moment.
 *
 * Returns: (transfer container) (element-type ThrWorker): the children, which the
 *   array holds references to
 *
 * Since: 1.0
 */
GPtrArray *
thr_worker_dup_children (ThrWorker *self)
{
  g_return_val_if_fail (THR_IS_WORKER (self), NULL);

  return thr_tree_dup_children (self);
}

/* At home: makes the model what the tree is. */
void
thr_tree_sync_model (ThrWorker *self)
{
  g_autoptr (GPtrArray) children = thr_tree_dup_children (self);
  GListStore *model = thr_worker_priv (self)->model;
  g_autoptr (GHashTable) there = NULL;

  if (model == NULL)
    return;

  thr_assert_home (thr_worker_home (self));
  g_object_ref (model);
  there = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < children->len; i++)
    g_hash_table_add (there, children->pdata[i]);
  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (model)); i-- > 0;)
    {
      g_autoptr (ThrWorker) child = g_list_model_get_item (G_LIST_MODEL (model), i);

      /* A handler may have changed it, by way of a nested call of this. */
      if (child != NULL && !g_hash_table_contains (there, child))
        g_list_store_remove (model, i);
      else if (child != NULL)
        g_hash_table_remove (there, child);
    }
  for (guint i = 0; i < children->len; i++)
    {
      if (g_hash_table_contains (there, children->pdata[i]) &&
          !g_list_store_find (model, children->pdata[i], NULL))
        g_list_store_append (model, children->pdata[i]);
    }
  g_object_unref (model);
}

/**
 * thr_worker_get_children_model:
 * @self: a worker
 *
 * Its children that run, as a list that follows them: for a list view.
 *
 * It is made when it is first asked for, and changes in the worker's owner
 * context only, where alone this may be called.
 *
 * Returns: (transfer none): a list of workers
 *
 * Since: 1.0
 */
GListModel *
thr_worker_get_children_model (ThrWorker *self)
{
  ThrWorkerPrivate *priv;

  g_return_val_if_fail (THR_IS_WORKER (self), NULL);
  g_return_val_if_fail (thr_dispatcher_is_home (thr_worker_home (self)), NULL);

  priv = thr_worker_priv (self);
  if (priv->model == NULL)
    {
      priv->model = g_list_store_new (THR_TYPE_WORKER);
      /* Before the children are looked at: what changes after that is marked. */
      atomic_store (&priv->has_model, TRUE);
      thr_tree_sync_model (self);
    }
  return G_LIST_MODEL (priv->model);
}

void
thr_tree_stop_children (ThrRun    *run,
                        GPtrArray *children,
                        gboolean   wait)
{
  g_autoptr (GPtrArray) awaited = g_ptr_array_new_with_free_func ((GDestroyNotify) thr_run_unref);

  for (guint i = 0; i < children->len; i++)
    {
      ThrWorkerPrivate *priv = thr_worker_priv (children->pdata[i]);

      if (wait && !thr_worker_is_daemon (children->pdata[i]))
        {
          g_mutex_lock (&priv->inbox_lock);
          if (priv->latest != NULL)
            g_ptr_array_add (awaited, thr_run_ref (priv->latest));
          g_mutex_unlock (&priv->inbox_lock);
        }
      thr_worker_push_new (children->pdata[i], THR_EVENT_STOP_THREAD, NULL, run->worker,
                           THR_PUSH_SILENT);
    }
  /* The last reference to a child is not to be dropped while one waits. */
  for (guint i = 0; i < awaited->len; i++)
    {
      ThrRunWait in_graph;

      /* One that waits for this run to be over would never end: it is told to
       * stop, and that is all. */
      if (!thr_run_wait_begin (&in_graph, awaited->pdata[i], run->dispatcher))
        continue;
      thr_run_wait_over (&in_graph, -1);
      thr_run_wait_end (&in_graph);
    }
}

/* Those whom an event reaches beside @self: its ancestors if it bubbles, its
 * descendants if it is broadcast. Adoption may lead to one twice. */
GPtrArray *
thr_tree_dup_reached (ThrWorker *self,
                      ThrEvent  *event)
{
  GPtrArray *reached = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  g_hash_table_add (seen, self);
  g_mutex_lock (&tree_lock);
  if (event->bubble)
    {
      for (ThrWorker *up = thr_worker_priv (self)->parent; up != NULL;
           up = thr_worker_priv (up)->parent)
        {
          g_hash_table_add (seen, up);
          g_ptr_array_add (reached, g_object_ref (up));
        }
    }
  if (event->broadcast)
    {
      guint next = reached->len;

      for (ThrWorker *at = self; at != NULL;
           at = next < reached->len ? reached->pdata[next++] : NULL)
        {
          GPtrArray *children = thr_worker_priv (at)->children;

          for (guint i = 0; children != NULL && i < children->len; i++)
            {
              if (g_hash_table_add (seen, children->pdata[i]))
                g_ptr_array_add (reached, g_object_ref (children->pdata[i]));
            }
        }
    }
  g_mutex_unlock (&tree_lock);
  return reached;
}
