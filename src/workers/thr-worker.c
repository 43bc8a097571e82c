/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "workers/thr-worker-private.h"

/**
 * ThrWorker:
 *
 * A thread with an event loop: it hears events, waits for them, and has a
 * parent and children.
 *
 * Use it for what goes on for long and is spoken to meanwhile: a device, a
 * connection, a cache. For a function that computes something and returns it, a
 * [class@Thr.ThreadManager] is lighter.
 *
 * ```c
 * static gboolean
 * printer (ThrWorker *worker,
 *          gpointer   user_data,
 *          GError   **error)
 * {
 *   g_autoptr (ThrEvent) event = NULL;
 *
 *   while ((event = thr_worker_wait_event (worker, "PRINT", THR_FOREVER, NULL, error)))
 *     {
 *       g_print ("%s\n", g_value_get_string (thr_event_get_value (event)));
 *       g_clear_pointer (&event, thr_event_unref);
 *     }
 *   return FALSE;
 * }
 *
 * g_autoptr (ThrWorker) worker = thr_worker_new ("printer", printer, NULL, NULL);
 * thr_worker_start (worker, &error);
 * thr_worker_fire (worker, "PRINT", &value, &error);
 * thr_worker_stop (worker);
 * thr_worker_join (worker, THR_FOREVER, &error);
 * ```
 *
 * # Its loop
 *
 * Events are processed in the order in which they come, on the worker's thread,
 * and only at its break points: [method@Thr.Worker.update] and the waits. There
 * its listeners are called, by priority. Each run has a
 * [struct@GLib.MainContext] of its own, which is the thread's default: timers,
 * asynchronous calls of Gio and D-Bus calls made inside the worker go on while
 * it waits.
 *
 * To stop a worker is an event too: what was fired before it is processed, and
 * then each wait returns `FALSE` with `THR_ERROR_WORKER_EXIT`, upon which the
 * function cleans up and returns.
 *
 * # The family
 *
 * A worker made inside a worker is its child. The parent hears how its children
 * fare (`CHILD_THREAD_START`, `CHILD_THREAD_STOP`, `CHILD_THREAD_ERROR`,
 * `CHILD_THREAD_DONE`, `CHILD_THREAD_END`), and when it ends it stops them, and
 * waits for those that are not daemons. A failure that neither the parent listens
 * for nor anybody waits for is logged, unless [method@Thr.Worker.set_quiet] says
 * otherwise.
 *
 * # Thread safety
 *
 * Every function may be called from any thread, but for the waits, which are the
 * worker's thread's. A worker has an owner context: the thread-default main
 * context of the thread that made it, or for one made in a worker or a job that
 * one's owner context. Notifies, destroy notifies and the changes of its list
 * model happen there. On the worker's thread run its function, its listeners,
 * predicates and what [method@Thr.Worker.later] was given, and nothing else.
 *
 * # Shutdown
 *
 * A running worker keeps itself alive until it ends; [func@Thr.shutdown] ends
 * all. Before its context goes, what was still to come there is freed in the
 * owner context, and no callback is called.
 *
 * Since: 1.0
 */

/**
 * ThrDaemon:
 * @THR_DAEMON_INHERIT: as its parent is; without one, no
 * @THR_DAEMON_NO: a parent that ends waits for it
 * @THR_DAEMON_YES: a parent that ends tells it to stop, and does not wait
 *
 * Whether a worker is a daemon.
 *
 * Since: 1.0
 */
G_DEFINE_ENUM_TYPE (ThrDaemon, thr_daemon,
                    G_DEFINE_ENUM_VALUE (THR_DAEMON_INHERIT, "inherit"),
                    G_DEFINE_ENUM_VALUE (THR_DAEMON_NO, "no"),
                    G_DEFINE_ENUM_VALUE (THR_DAEMON_YES, "yes"))

enum
{
  PROP_0,
  PROP_NAME,
  PROP_PARENT,
  PROP_DAEMON,
  PROP_RUNNING,
  PROP_PAUSED,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_TYPE_WITH_PRIVATE (ThrWorker, thr_worker, G_TYPE_OBJECT)

static ThrHome *
home_of (ThrWorker *self)
{
  return &((ThrWorkerInside *) self)->home;
}

/* ---- what happens at home ---- */

static void
announce (ThrWorker *self,
          guint      bits)
{
  static const struct
  {
    guint bit;
    guint prop;
  } announced[] = {
    { THR_WORKER_NAME, PROP_NAME },
    { THR_WORKER_PARENT, PROP_PARENT },
    { THR_WORKER_DAEMON, PROP_DAEMON },
    { THR_WORKER_RUNNING, PROP_RUNNING },
    { THR_WORKER_PAUSED, PROP_PAUSED },
  };
  GParamSpec *changed[G_N_ELEMENTS (announced)];
  guint n_changed = 0;

  if (!thr_gate_is_open ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (announced); i++)
    {
      if (bits & announced[i].bit)
        changed[n_changed++] = props[announced[i].prop];
    }
  if (n_changed > 0)
    thr_home_emit (home_of (self), n_changed, changed);
  if (bits & THR_WORKER_CHILDREN)
    thr_tree_sync_model (self);
}

static void
notify_deliver (ThrNode *node)
{
  ThrWorkerPrivate *priv =
    (ThrWorkerPrivate *) ((guint8 *) node - G_STRUCT_OFFSET (ThrWorkerPrivate, notify_node));
  ThrWorker *self = priv->self;

  /* Whoever sets a bit from here on posts the node again. */
  announce (self, atomic_exchange (&priv->marks, 0));
  g_object_unref (self);
}

void
thr_worker_mark (ThrWorker *self,
                 guint      bits)
{
  ThrWorkerPrivate *priv = thr_worker_priv (self);

  if (thr_dispatcher_is_home (thr_worker_home (self)))
    {
      announce (self, bits);
      return;
    }
  /* The exchange that finds no POSTED owns the node. */
  if (atomic_fetch_or (&priv->marks, bits | THR_WORKER_POSTED) & THR_WORKER_POSTED)
    return;
  g_object_ref (self);
  priv->notify_node.deliver = notify_deliver;
  thr_dispatcher_push (thr_worker_home (self), &priv->notify_node);
}

typedef struct
{
  GDestroyNotify destroy;
  gpointer data;
  ThrDispatcher *home; /* who calls holds it */
} Destruction;

static void
destroy_cb (gpointer data)
{
  Destruction *destruction = data;

  thr_assert_home (destruction->home);
  if (thr_gate_is_open ())
    destruction->destroy (destruction->data);
  g_free (destruction);
}

void
thr_worker_destroy_data (ThrWorker     *self,
                         GDestroyNotify destroy,
                         gpointer       data)
{
  Destruction *destruction;

  if (destroy == NULL)
    return;
  destruction = g_new (Destruction, 1);
  destruction->destroy = destroy;
  destruction->data = data;
  destruction->home = thr_worker_home (self);
  if (thr_dispatcher_is_home (thr_worker_home (self)))
    destroy_cb (destruction);
  else
    thr_dispatcher_invoke (thr_worker_home (self), destroy_cb, destruction);
}

ThrWorker *
thr_worker_new_root (ThrDispatcher *home)
{
  ThrWorker *self = g_object_new (THR_TYPE_WORKER, NULL);
  ThrHome *inside = home_of (self);

  thr_dispatcher_unref (inside->dispatcher);
  inside->dispatcher = thr_dispatcher_ref (home);
  thr_worker_priv (self)->is_root = TRUE;
  g_clear_object (&thr_worker_priv (self)->parent);
  return self;
}

gboolean
thr_worker_is_root (ThrWorker *self)
{
  return thr_worker_priv (self)->is_root;
}

/* ---- the class ---- */

static gboolean
thr_worker_real_run (ThrWorker *self,
                     GError   **error)
{
  ThrWorkerPrivate *priv = thr_worker_priv (self);

  if (priv->func != NULL)
    return priv->func (self, priv->user_data, error);
  return thr_worker_wait_forever (self, error);
}

static void
thr_worker_dispose (GObject *object)
{
  if (!thr_home_dispose (home_of (THR_WORKER (object))))
    return;
  G_OBJECT_CLASS (thr_worker_parent_class)->dispose (object);
}

static void
thr_worker_finalize (GObject *object)
{
  ThrWorker *self = THR_WORKER (object);
  ThrWorkerPrivate *priv = thr_worker_priv (self);

  thr_assert_home (thr_worker_home (self));

  thr_listeners_clear (self);
  thr_worker_destroy_data (self, priv->destroy, priv->user_data);
  thr_tree_clear (self);
  g_clear_object (&priv->model);
  g_clear_pointer (&priv->latest, thr_run_unref);
  g_free (priv->name);
  g_mutex_clear (&priv->inbox_lock);
  g_mutex_clear (&priv->listeners_lock);
  thr_home_clear (home_of (self));

  G_OBJECT_CLASS (thr_worker_parent_class)->finalize (object);
}

static void
thr_worker_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  ThrWorker *self = THR_WORKER (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_take_string (value, thr_worker_dup_name (self));
      break;
    case PROP_PARENT:
      g_value_take_object (value, thr_worker_dup_parent (self));
      break;
    case PROP_DAEMON:
      g_value_set_enum (value, thr_worker_get_daemon (self));
      break;
    case PROP_RUNNING:
      g_value_set_boolean (value, thr_worker_is_running (self));
      break;
    case PROP_PAUSED:
      g_value_set_boolean (value, thr_worker_is_paused (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
thr_worker_set_property (GObject      *object,
                         guint         prop_id,
                         const GValue *value,
                         GParamSpec   *pspec)
{
  ThrWorker *self = THR_WORKER (object);
  g_autoptr (GError) error = NULL;

  switch (prop_id)
    {
    case PROP_NAME:
      thr_worker_set_name (self, g_value_get_string (value));
      break;
    case PROP_PARENT:
      thr_worker_set_parent (self, g_value_get_object (value), &error);
      break;
    case PROP_DAEMON:
      thr_worker_set_daemon (self, g_value_get_enum (value), &error);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
  /* A property has no other way to say so. */
  if (error != NULL)
    g_warning ("The property “%s” was not set: %s", pspec->name, error->message);
}

static void
thr_worker_class_init (ThrWorkerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags readwrite = readable | G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY;

  G_STATIC_ASSERT (G_STRUCT_OFFSET (ThrWorkerInside, home) == sizeof (GObject));
  G_STATIC_ASSERT (sizeof (ThrWorkerInside) <= sizeof (ThrWorker));

  thr_shutdown_set_hook (&thr_workers_shutdown);
  thr_home_class_init (object_class);
  object_class->dispose = thr_worker_dispose;
  object_class->finalize = thr_worker_finalize;
  object_class->get_property = thr_worker_get_property;
  object_class->set_property = thr_worker_set_property;
  klass->run = thr_worker_real_run;

  /**
   * ThrWorker:name: (getter dup_name) (setter set_name)
   *
   * The worker's name, for people and for messages; its thread has it too, as it
   * was at the start.
   *
   * Since: 1.0
   */
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, readwrite);

  /**
   * ThrWorker:parent: (getter dup_parent)
   *
   * The parent. It can be set while the worker does not run.
   *
   * Since: 1.0
   */
  props[PROP_PARENT] = g_param_spec_object ("parent", NULL, NULL, THR_TYPE_WORKER, readwrite);

  /**
   * ThrWorker:daemon: (getter get_daemon)
   *
   * Whether a parent that ends does not wait for the worker, as far as was said.
   * It can be set while the worker does not run.
   *
   * Since: 1.0
   */
  props[PROP_DAEMON] =
    g_param_spec_enum ("daemon", NULL, NULL, THR_TYPE_DAEMON, THR_DAEMON_INHERIT, readwrite);

  /**
   * ThrWorker:running: (getter is_running)
   *
   * Whether the worker runs, from its start until those that wait for it are
   * released.
   *
   * Since: 1.0
   */
  props[PROP_RUNNING] = g_param_spec_boolean ("running", NULL, NULL, FALSE, readable);

  /**
   * ThrWorker:paused: (getter is_paused)
   *
   * Whether the worker is paused: it was asked to, and has heard it.
   *
   * Since: 1.0
   */
  props[PROP_PAUSED] = g_param_spec_boolean ("paused", NULL, NULL, FALSE, readable);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
thr_worker_init (ThrWorker *self)
{
  static _Atomic guint64 n_workers;
  ThrWorkerPrivate *priv = thr_worker_get_instance_private (self);

  ((ThrWorkerInside *) self)->priv = priv;
  priv->self = self;
  priv->number = atomic_fetch_add_explicit (&n_workers, 1, memory_order_relaxed) + 1;
  g_mutex_init (&priv->inbox_lock);
  g_mutex_init (&priv->listeners_lock);
  thr_home_init (home_of (self), thr_dispatcher_for_long_life ());
  thr_tree_set_default_parent (self);
}

/**
 * thr_worker_new:
 * @name: (nullable): its name, for people; `NULL` for `worker-` and a number
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): what
 *   it does, on its own thread; `NULL` to wait for ever, which is for workers
 *   that only listen
 * @user_data: data for @func
 * @destroy: (nullable): called in the owner context when @user_data is needed no
 *   more
 *
 * Makes a worker, to be started by [method@Thr.Worker.start].
 *
 * Inside a worker, that one becomes its parent; [method@Thr.Worker.set_parent]
 * changes that.
 *
 * Returns: (transfer full): the worker
 *
 * Since: 1.0
 */
ThrWorker *
thr_worker_new (const char    *name,
                ThrWorkerFunc  func,
                gpointer       user_data,
                GDestroyNotify destroy)
{
  ThrWorker *self = g_object_new (THR_TYPE_WORKER, NULL);

  thr_worker_set_func (self, name, func, user_data, destroy);
  return self;
}

/* For constructors, before anybody else has the worker. */
void
thr_worker_set_func (ThrWorker     *self,
                     const char    *name,
                     ThrWorkerFunc  func,
                     gpointer       user_data,
                     GDestroyNotify destroy)
{
  ThrWorkerPrivate *priv = thr_worker_priv (self);

  priv->name = g_strdup (name);
  priv->func = func;
  priv->user_data = user_data;
  priv->destroy = destroy;
}

/**
 * thr_worker_dup_name: (get-property name)
 * @self: a worker
 *
 * Its name.
 *
 * Returns: (transfer full): the name
 *
 * Since: 1.0
 */
char *
thr_worker_dup_name (ThrWorker *self)
{
  ThrWorkerPrivate *priv;
  char *name;

  g_return_val_if_fail (THR_IS_WORKER (self), NULL);

  priv = thr_worker_priv (self);
  g_mutex_lock (&priv->inbox_lock);
  name = g_strdup (priv->name);
  g_mutex_unlock (&priv->inbox_lock);
  return name != NULL ? name : g_strdup_printf ("worker-%" G_GUINT64_FORMAT, priv->number);
}

/**
 * thr_worker_set_name: (set-property name)
 * @self: a worker
 * @name: (nullable): its name, for people; `NULL` for `worker-` and a number
 *
 * Changes the name. The thread of a running worker keeps its own until the next
 * start.
 *
 * Since: 1.0
 */
void
thr_worker_set_name (ThrWorker  *self,
                     const char *name)
{
  ThrWorkerPrivate *priv;
  gboolean changed;

  g_return_if_fail (THR_IS_WORKER (self));

  priv = thr_worker_priv (self);
  g_mutex_lock (&priv->inbox_lock);
  changed = g_strcmp0 (priv->name, name) != 0;
  if (changed)
    {
      g_free (priv->name);
      priv->name = g_strdup (name);
    }
  g_mutex_unlock (&priv->inbox_lock);
  if (changed)
    thr_worker_mark (self, THR_WORKER_NAME);
}

/**
 * thr_worker_set_quiet:
 * @self: a worker
 * @quiet: whether its failures are not logged
 *
 * Says that a failure which nobody handles is not to be logged: for a program
 * that reports them itself. It counts from the next end of a run on.
 *
 * Since: 1.0
 */
void
thr_worker_set_quiet (ThrWorker *self,
                      gboolean   quiet)
{
  g_return_if_fail (THR_IS_WORKER (self));

  atomic_store (&thr_worker_priv (self)->quiet, quiet);
}

/**
 * thr_worker_is_running: (get-property running)
 * @self: a worker
 *
 * Whether it runs: from its start until those that wait for its end are
 * released.
 *
 * Returns: whether it runs
 *
 * Since: 1.0
 */
gboolean
thr_worker_is_running (ThrWorker *self)
{
  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);

  return (atomic_load (&thr_worker_priv (self)->state) & THR_STATE_RUNNING) != 0;
}

/**
 * thr_worker_is_paused: (get-property paused)
 * @self: a worker
 *
 * Whether it is paused: it was asked to, and has heard it.
 *
 * Returns: whether it is paused
 *
 * Since: 1.0
 */
gboolean
thr_worker_is_paused (ThrWorker *self)
{
  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);

  return (atomic_load (&thr_worker_priv (self)->state) & THR_STATE_PAUSED) != 0;
}

static void
command (ThrWorker  *self,
         const char *name)
{
  thr_worker_push_new (self, name, NULL, thr_worker_current (), THR_PUSH_SILENT);
}

/**
 * thr_worker_stop:
 * @self: a worker
 *
 * Tells the worker to stop: it processes the events that were fired before, and
 * then each of its waits returns `FALSE` with `THR_ERROR_WORKER_EXIT`.
 *
 * This does not wait: see [method@Thr.Worker.join] and
 * [method@Thr.Worker.wait_worker]. A worker that does not run stays as it is. A
 * paused one is stopped too.
 *
 * Since: 1.0
 */
void
thr_worker_stop (ThrWorker *self)
{
  g_return_if_fail (THR_IS_WORKER (self));

  command (self, THR_EVENT_STOP_THREAD);
}

/**
 * thr_worker_pause:
 * @self: a worker
 *
 * Pauses the worker at its break point: no wait returns until it is resumed or
 * stopped.
 *
 * Its listeners go on hearing events. What it waits for is then looked for, in
 * order, among those that have come meanwhile. A second pause changes nothing.
 *
 * Since: 1.0
 */
void
thr_worker_pause (ThrWorker *self)
{
  g_return_if_fail (THR_IS_WORKER (self));

  command (self, THR_EVENT_PAUSE_THREAD);
}

/**
 * thr_worker_resume:
 * @self: a worker
 *
 * Lets a paused worker go on. A worker that is not paused stays as it is.
 *
 * Since: 1.0
 */
void
thr_worker_resume (ThrWorker *self)
{
  g_return_if_fail (THR_IS_WORKER (self));

  command (self, THR_EVENT_RESUME_THREAD);
}

/* ---- the outcome ---- */

/**
 * thr_worker_return_value:
 * @self: the worker of the calling thread
 * @value: (nullable): the result, which is copied; `NULL` for none
 * @error: where to put an error
 *
 * Gives the worker's result; the last one counts if the function succeeds. It
 * returns `TRUE`, so that a function can end with it:
 *
 * ```c
 * return thr_worker_return_value (worker, &value, error);
 * ```
 *
 * The error is `THR_ERROR_INVALID_STATE` where this is not the worker's thread.
 *
 * Returns: `TRUE` if the result was taken
 *
 * Since: 1.0
 */
gboolean
thr_worker_return_value (ThrWorker    *self,
                         const GValue *value,
                         GError      **error)
{
  GValue before;
  ThrRun *run;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  run = thr_worker_run_here (self);
  if (run == NULL || run->is_root || run->ended)
    {
      g_autofree char *name = thr_worker_dup_name (self);

      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                   _("A result of the worker “%s” can be given only inside its own function"),
                   name);
      return FALSE;
    }

  before = run->result;
  run->result = (GValue) G_VALUE_INIT;
  if (value != NULL)
    {
      g_value_init (&run->result, G_VALUE_TYPE (value));
      g_value_copy (value, &run->result);
    }
  thr_run_free_value (run, &before);
  return TRUE;
}

/**
 * thr_worker_get_result:
 * @self: a worker
 * @result: (out caller-allocates): where to put a copy of the result; it must be
 *   zero-filled (`G_VALUE_INIT`) and is unset with g_value_unset()
 *
 * Copies the result of the latest run.
 *
 * Returns: `TRUE` where that has ended, did not fail and gave one; else @result
 *   is a string that is `NULL`
 *
 * Since: 1.0
 */
gboolean
thr_worker_get_result (ThrWorker *self,
                       GValue    *result)
{
  ThrWorkerPrivate *priv;
  ThrRun *run = NULL;
  gboolean found;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (result != NULL && !G_IS_VALUE (result), FALSE);

  priv = thr_worker_priv (self);
  g_mutex_lock (&priv->inbox_lock);
  if (priv->latest != NULL && priv->latest->ended)
    run = thr_run_ref (priv->latest);
  g_mutex_unlock (&priv->inbox_lock);

  /* It does not change any more; copied without the lock, since to copy may be
   * the user's code. */
  found = run != NULL && run->succeeded && G_IS_VALUE (&run->result);
  g_value_init (result, found ? G_VALUE_TYPE (&run->result) : G_TYPE_STRING);
  if (found)
    g_value_copy (&run->result, result);
  g_clear_pointer (&run, thr_run_unref);
  return found;
}

/**
 * thr_worker_dup_error:
 * @self: a worker
 *
 * The failure of the latest run.
 *
 * To read it does not count as to handle it.
 *
 * Returns: (transfer full) (nullable): the error, or `NULL` where the run has not
 *   ended, or not by a failure
 *
 * Since: 1.0
 */
GError *
thr_worker_dup_error (ThrWorker *self)
{
  ThrWorkerPrivate *priv;
  GError *error = NULL;

  g_return_val_if_fail (THR_IS_WORKER (self), NULL);

  priv = thr_worker_priv (self);
  g_mutex_lock (&priv->inbox_lock);
  if (priv->latest != NULL && priv->latest->ended && priv->latest->error != NULL)
    error = g_error_copy (priv->latest->error);
  g_mutex_unlock (&priv->inbox_lock);
  return error;
}
