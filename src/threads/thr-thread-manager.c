/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-thread-manager.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "threads/thr-core-private.h"
#include "threads/thr-history-private.h"
#include "threads/thr-job-model-private.h"
#include "threads/thr-tie-private.h"

#include <string.h>

/**
 * ThrThreadManager:
 *
 * Runs jobs in background threads: queues them, limits how many run at once,
 * and knows all of them.
 *
 * [method@Thr.ThreadManager.do_async] is all that most programs need:
 *
 * ```c
 * g_autoptr (ThrThreadWrapper) job =
 *   thr_thread_manager_do_async (manager, "scale", scale_image,
 *                                g_object_ref (image), g_object_unref);
 * thr_thread_wrapper_set_on_success (job, show_image, view, NULL);
 * ```
 *
 * Jobs that are to wait for a go-ahead are queued with
 * [method@Thr.ThreadManager.append], and started by
 * [method@Thr.ThreadManager.run] or [method@Thr.ThreadManager.watch].
 *
 * A manager is a [iface@Gio.ListModel] of its jobs, as [class@Thr.ThreadWrapper],
 * in the order of their submission, from submission until they are `CLOSED`
 * (and a while longer with [property@Thr.ThreadManager:keep-finished]): a list
 * view shows them as it is.
 *
 * # Thread safety
 *
 * Every function may be called from any thread, except those of the list model,
 * [method@Thr.ThreadManager.get_history] and what has to do with an application
 * ([method@Thr.ThreadManager.attach_application] and the two that quit it), which
 * belong to the manager's owner context: the thread-default main context of the
 * thread that made it, or, made inside a job, that job's owner context. Its
 * signals and notifies are emitted there. The jobs have owner contexts of their
 * own.
 *
 * # Shutdown
 *
 * The last reference may be dropped anywhere and at any time: jobs that are
 * queued or running still run to their ends, and those that were only appended
 * end with `THR_ERROR_STOPPED`. To end earlier see
 * [method@Thr.ThreadManager.stop], [method@Thr.ThreadManager.halt] and
 * [method@Thr.ThreadManager.shutdown_async].
 *
 * Since: 1.0
 */

struct _ThrThreadManager
{
  GObject parent_instance;
  ThrHome home;

  ThrCore *core; /* a reference */

  /* Home's alone. */
  ThrSnapshot announced;
  guint read_ahead; /* the properties that were read at home before that was told: bits */
  ThrJobModel *model;  /* made at the first look, as the next */
  ThrHistory *history;
  ThrTie *tie;         /* NULL where there is no application */
};

enum
{
  PROP_0,
  PROP_NAME,
  PROP_UID,
  PROP_THREAD_LIMIT,
  PROP_KEEP_FINISHED,
  PROP_PAUSED,
  PROP_STARTED,
  PROP_N_QUEUED,
  PROP_N_RUNNING,
  PROP_BUSY,
  PROP_PROGRESS,
  PROP_SIZE,
  PROP_HISTORY,
  N_PROPS,
};

enum
{
  UNHANDLED_ERROR,
  QUIT_REQUESTED,
  N_SIGNALS,
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static void list_model_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ThrThreadManager, thr_thread_manager, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init))

/* ---- what the other files use ---- */

ThrCore *
thr_core_of (ThrThreadManager *manager)
{
  return manager->core;
}

void
thr_log_unhandled (ThrThreadWrapper *job,
                   const GError     *error)
{
  g_autofree char *name = NULL;

  if (thr_binding_report (job, error))
    return;
  if (job == NULL)
    g_warning ("A pushed function failed, and nobody handled it: %s", error->message);
  else
    {
      name = thr_thread_wrapper_dup_name (job);
      g_warning ("The job “%s” failed, and nobody handled it: %s", name, error->message);
    }
}

void
thr_thread_manager_emit_unhandled (ThrThreadManager *self,
                                   ThrThreadWrapper *job,
                                   const GError     *error)
{
  thr_assert_home (self->home.dispatcher);
  if (g_signal_has_handler_pending (self, signals[UNHANDLED_ERROR], 0, FALSE))
    g_signal_emit (self, signals[UNHANDLED_ERROR], 0, job, error);
  else
    thr_log_unhandled (job, error);
}

static void
hold_application (ThrThreadManager *self,
                  gboolean          hold)
{
  if (self->tie != NULL)
    thr_tie_hold (self->tie, hold);
}

ThrTie *
thr_thread_manager_get_tie (ThrThreadManager *self)
{
  return self->tie;
}

/* FALSE if there is one. */
gboolean
thr_thread_manager_set_application (ThrThreadManager *self,
                                    GApplication     *application)
{
  gboolean busy;

  if (self->tie != NULL)
    return FALSE;
  self->tie = thr_tie_new (application);

  thr_core_lock (self->core);
  thr_core_shut_locked (self->core);
  self->core->has_application = TRUE;
  busy = !thr_core_is_idle_locked (self->core);
  g_mutex_unlock (&self->core->queue_lock);
  if (busy)
    hold_application (self, TRUE);
  return TRUE;
}

/* There is something to do. At home the application is held at once, since it
 * may be about to look whether anybody needs it. */
void
thr_core_hold_application (ThrCore *self)
{
  g_autoptr (ThrThreadManager) manager = thr_core_dup_manager (self);

  if (manager != NULL && thr_dispatcher_is_home (self->home))
    hold_application (manager, TRUE);
}

/* ---- what is told at home ---- */

static void
items_changed_cb (guint    position,
                  guint    n_removed,
                  guint    n_added,
                  gpointer user_data)
{
  ThrThreadManager *self = user_data;

  if (!thr_gate_is_open ())
    return;
  thr_assert_home (self->home.dispatcher);
  g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, n_added);
}

static void
notify (ThrThreadManager *self,
        guint             prop)
{
  if (thr_gate_is_open ())
    thr_home_emit (&self->home, 1, &props[prop]);
}

/* What the properties say, from any thread. */
static ThrSnapshot
snapshot_of (ThrThreadManager *self)
{
  ThrSnapshot snapshot;

  thr_batch_flush ();
  thr_core_lock (self->core);
  thr_core_snapshot_locked (self->core, &snapshot);
  g_mutex_unlock (&self->core->queue_lock);
  return snapshot;
}

/* The same for who asks. What somebody at home was told before all were is told in
 * any case, even if it has changed back since: a label may show it. */
static ThrSnapshot
read_snapshot (ThrThreadManager *self)
{
  ThrSnapshot snapshot = snapshot_of (self);

  if (!thr_dispatcher_is_home (self->home.dispatcher))
    return snapshot;
  if (snapshot.started != self->announced.started)
    self->read_ahead |= 1u << PROP_STARTED;
  if (snapshot.n_queued != self->announced.n_queued)
    self->read_ahead |= 1u << PROP_N_QUEUED;
  if (snapshot.n_running != self->announced.n_running)
    self->read_ahead |= 1u << PROP_N_RUNNING;
  if (snapshot.progress != self->announced.progress)
    self->read_ahead |= 1u << PROP_PROGRESS;
  if (snapshot.busy != self->announced.busy)
    self->read_ahead |= 1u << PROP_BUSY;
  return snapshot;
}

/* At home: tells what has changed since the last time. */
void
thr_thread_manager_settle (ThrThreadManager  *self,
                           const ThrSnapshot *snapshot,
                           GPtrArray         *arrivals,
                           GPtrArray         *departures)
{
  ThrSnapshot before = self->announced;
  guint read_ahead = self->read_ahead;
  guint size = self->model != NULL ? thr_job_model_length (self->model) : 0;

  self->announced = *snapshot;
  self->read_ahead = 0;
  if (snapshot->busy)
    hold_application (self, TRUE);

  if (self->model != NULL && arrivals != NULL)
    {
      thr_job_model_update (self->model, arrivals, departures, items_changed_cb, self);
      if (thr_job_model_length (self->model) != size)
        notify (self, PROP_SIZE);
    }

  if (snapshot->thread_limit != before.thread_limit)
    notify (self, PROP_THREAD_LIMIT);
  if (snapshot->keep_finished != before.keep_finished)
    notify (self, PROP_KEEP_FINISHED);
  if (snapshot->started != before.started || (read_ahead & 1u << PROP_STARTED))
    notify (self, PROP_STARTED);
  if (snapshot->paused != before.paused)
    notify (self, PROP_PAUSED);
  if (snapshot->n_queued != before.n_queued || (read_ahead & 1u << PROP_N_QUEUED))
    notify (self, PROP_N_QUEUED);
  if (snapshot->n_running != before.n_running || (read_ahead & 1u << PROP_N_RUNNING))
    notify (self, PROP_N_RUNNING);
  if (snapshot->progress != before.progress || (read_ahead & 1u << PROP_PROGRESS))
    notify (self, PROP_PROGRESS);
  if (snapshot->busy != before.busy || (read_ahead & 1u << PROP_BUSY))
    notify (self, PROP_BUSY);

  if (!snapshot_of (self).busy)
    hold_application (self, FALSE);
}

/* At home: tells which jobs came into the history, and how many left it. */
void
thr_thread_manager_settle_history (ThrThreadManager *self,
                                   GPtrArray        *closings,
                                   guint             n_forgotten)
{
  thr_history_update (self->history, closings, n_forgotten);
}

/* After a change by the user: at home it is told at once, and else soon. */
static void
settle_soon (ThrThreadManager *self)
{
  ThrCore *core = self->core;
  ThrSnapshot snapshot;
  gboolean post = FALSE;

  thr_batch_flush ();
  thr_core_lock (core);
  thr_core_snapshot_locked (core, &snapshot);
  thr_core_changed_locked (core, &post);
  g_mutex_unlock (&core->queue_lock);
  thr_core_post (core, post);

  if (thr_dispatcher_is_home (self->home.dispatcher))
    {
      /* A handler may drop the last reference. */
      g_object_ref (self);
      thr_thread_manager_settle (self, &snapshot, NULL, NULL);
      g_object_unref (self);
    }
}

/* ---- the class ---- */

static void
thr_thread_manager_dispose (GObject *object)
{
  ThrThreadManager *self = THR_THREAD_MANAGER (object);

  if (!thr_home_dispose (&self->home))
    return;

  thr_core_drop_manager (self->core);
  g_clear_pointer (&self->tie, thr_tie_free);
  G_OBJECT_CLASS (thr_thread_manager_parent_class)->dispose (object);
}

static void
thr_thread_manager_finalize (GObject *object)
{
  ThrThreadManager *self = THR_THREAD_MANAGER (object);

  thr_assert_home (self->home.dispatcher);

  g_clear_pointer (&self->model, thr_job_model_free);
  g_clear_pointer (&self->history, thr_history_free);
  g_clear_pointer (&self->core, thr_core_unref);
  thr_home_clear (&self->home);
  G_OBJECT_CLASS (thr_thread_manager_parent_class)->finalize (object);
}

static void
thr_thread_manager_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  ThrThreadManager *self = THR_THREAD_MANAGER (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_take_string (value, thr_thread_manager_dup_name (self));
      break;
    case PROP_UID:
      g_value_set_string (value, thr_thread_manager_get_uid (self));
      break;
    case PROP_THREAD_LIMIT:
      g_value_set_uint (value, thr_thread_manager_get_thread_limit (self));
      break;
    case PROP_KEEP_FINISHED:
      g_value_set_uint (value, thr_thread_manager_get_keep_finished (self));
      break;
    case PROP_PAUSED:
      g_value_set_boolean (value, thr_thread_manager_get_paused (self));
      break;
    case PROP_STARTED:
      g_value_set_boolean (value, thr_thread_manager_get_started (self));
      break;
    case PROP_N_QUEUED:
      g_value_set_uint (value, thr_thread_manager_get_n_queued (self));
      break;
    case PROP_N_RUNNING:
      g_value_set_uint (value, thr_thread_manager_get_n_running (self));
      break;
    case PROP_BUSY:
      g_value_set_boolean (value, thr_thread_manager_get_busy (self));
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, thr_thread_manager_get_progress (self));
      break;
    case PROP_SIZE:
      g_value_set_uint (value, thr_thread_manager_get_size (self));
      break;
    case PROP_HISTORY:
      g_value_set_object (value, thr_thread_manager_get_history (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
thr_thread_manager_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec)
{
  ThrThreadManager *self = THR_THREAD_MANAGER (object);

  switch (prop_id)
    {
    case PROP_NAME:
      thr_thread_manager_set_name (self, g_value_get_string (value));
      break;
    case PROP_THREAD_LIMIT:
      thr_thread_manager_set_thread_limit (self, g_value_get_uint (value), NULL);
      break;
    case PROP_KEEP_FINISHED:
      thr_thread_manager_set_keep_finished (self, g_value_get_uint (value));
      break;
    case PROP_PAUSED:
      thr_thread_manager_set_paused (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
thr_thread_manager_class_init (ThrThreadManagerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags readwrite = readable | G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY;

  G_STATIC_ASSERT (G_STRUCT_OFFSET (ThrThreadManager, home) == sizeof (GObject));

  thr_home_class_init (object_class);
  object_class->dispose = thr_thread_manager_dispose;
  object_class->finalize = thr_thread_manager_finalize;
  object_class->get_property = thr_thread_manager_get_property;
  object_class->set_property = thr_thread_manager_set_property;

  /**
   * ThrThreadManager:name: (getter dup_name) (setter set_name)
   *
   * A name for people and for messages.
   *
   * Since: 1.0
   */
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, readwrite);

  /**
   * ThrThreadManager:uid: (getter get_uid)
   *
   * A name that no other manager has, made at random.
   *
   * Since: 1.0
   */
  props[PROP_UID] = g_param_spec_string ("uid", NULL, NULL, NULL, readable);

  /**
   * ThrThreadManager:thread-limit: (getter get_thread_limit)
   *
   * How many jobs run at once at the most, 1 or more.
   *
   * It may be changed while jobs are running: more are begun at once, and where
   * there are too many, none is begun until enough have ended.
   *
   * Since: 1.0
   */
  props[PROP_THREAD_LIMIT] =
    g_param_spec_uint ("thread-limit", NULL, NULL, 1, G_MAXUINT, 10, readwrite);

  /**
   * ThrThreadManager:keep-finished: (getter get_keep_finished) (setter set_keep_finished)
   *
   * How many `CLOSED` jobs stay in the manager, to be seen and looked up; the
   * oldest leave first.
   *
   * Since: 1.0
   */
  props[PROP_KEEP_FINISHED] =
    g_param_spec_uint ("keep-finished", NULL, NULL, 0, G_MAXUINT, 0, readwrite);

  /**
   * ThrThreadManager:paused: (getter get_paused) (setter set_paused)
   *
   * Whether the queue is held: no job is begun. Those that run go on.
   *
   * Since: 1.0
   */
  props[PROP_PAUSED] = g_param_spec_boolean ("paused", NULL, NULL, FALSE, readwrite);

  /**
   * ThrThreadManager:started: (getter get_started)
   *
   * Whether the manager takes jobs: from its first job or
   * [method@Thr.ThreadManager.start] on, until it is stopped.
   *
   * Since: 1.0
   */
  props[PROP_STARTED] = g_param_spec_boolean ("started", NULL, NULL, FALSE, readable);

  /**
   * ThrThreadManager:n-queued: (getter get_n_queued)
   *
   * How many jobs were not begun yet, appended ones included.
   *
   * Since: 1.0
   */
  props[PROP_N_QUEUED] = g_param_spec_uint ("n-queued", NULL, NULL, 0, G_MAXUINT, 0, readable);

  /**
   * ThrThreadManager:n-running: (getter get_n_running)
   *
   * How many jobs are running.
   *
   * Since: 1.0
   */
  props[PROP_N_RUNNING] = g_param_spec_uint ("n-running", NULL, NULL, 0, G_MAXUINT, 0, readable);

  /**
   * ThrThreadManager:busy: (getter get_busy)
   *
   * Whether any job runs, is to run, or has ended and is not `CLOSED` yet.
   * Appended jobs that are not run do not count.
   *
   * Since: 1.0
   */
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, readable);

  /**
   * ThrThreadManager:progress: (getter get_progress)
   *
   * How much is done of all jobs since the manager was last idle, from 0 to 1;
   * −1 before the first job.
   *
   * Since: 1.0
   */
  props[PROP_PROGRESS] =
    g_param_spec_double ("progress", NULL, NULL, -1.0, 1.0, -1.0, readable);

  /**
   * ThrThreadManager:size: (getter get_size)
   *
   * The number of jobs in the list model, for languages that iterate by it.
   * Only in the owner context.
   *
   * Since: 1.0
   */
  props[PROP_SIZE] = g_param_spec_uint ("size", NULL, NULL, 0, G_MAXUINT, 0, readable);

  /**
   * ThrThreadManager:history: (getter get_history)
   *
   * The `CLOSED` jobs that the manager keeps, in the order in which they ended:
   * as many as [property@Thr.ThreadManager:keep-finished] says. Only in the
   * owner context.
   *
   * What its jobs say of themselves does not change any more, so that a filter
   * over this list is right once and for all.
   *
   * Since: 1.0
   */
  props[PROP_HISTORY] =
    g_param_spec_object ("history", NULL, NULL, G_TYPE_LIST_MODEL, readable);

  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * ThrThreadManager::unhandled-error:
   * @self: the manager
   * @thread: (nullable): the job that failed; `NULL` for a pushed function
   * @failure: why
   *
   * A job failed and nobody took the failure: there was no on_fail, no handler
   * of [signal@Thr.ThreadWrapper::failed], no join and no wait. Failures that
   * somebody asked for, by cancelling, halting or stopping, are not told.
   *
   * Emitted in the manager's owner context when nobody can take the failure any
   * more: when the job has left the manager and the last reference to it is
   * dropped. Where no handler is connected, a warning is logged.
   *
   * Since: 1.0
   */
  signals[UNHANDLED_ERROR] =
    g_signal_new ("unhandled-error", THR_TYPE_THREAD_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                  NULL, G_TYPE_NONE, 2, THR_TYPE_THREAD_WRAPPER,
                  G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);

  /**
   * ThrThreadManager::quit-requested:
   * @self: the manager
   *
   * The user wants to quit the application, and the manager is busy: see
   * [method@Thr.ThreadManager.request_quit]. Emitted in the owner context; the
   * first handler's answer counts.
   *
   * A handler that asks the user returns `LATER`, and hands in the answer by
   * [method@Thr.ThreadManager.answer_quit]:
   *
   * ```c
   * static void
   * answered (GObject      *dialog,
   *           GAsyncResult *result,
   *           gpointer      user_data)
   * {
   *   static const ThrQuitAnswer answers[] = {
   *     THR_QUIT_ANSWER_STAY, THR_QUIT_ANSWER_DRAIN, THR_QUIT_ANSWER_CANCEL
   *   };
   *   int button = gtk_alert_dialog_choose_finish (GTK_ALERT_DIALOG (dialog), result, NULL);
   *
   *   thr_thread_manager_answer_quit (manager, answers[MAX (button, 0)]);
   * }
   *
   * static ThrQuitAnswer
   * quit_requested (ThrThreadManager *manager,
   *                 gpointer          window)
   * {
   *   const char *buttons[] = { "Stay", "Finish first", "Quit now", NULL };
   *   g_autoptr (GtkAlertDialog) dialog = gtk_alert_dialog_new ("There is work to do");
   *
   *   gtk_alert_dialog_set_buttons (dialog, buttons);
   *   gtk_alert_dialog_choose (dialog, window, NULL, answered, NULL);
   *   return THR_QUIT_ANSWER_LATER;
   * }
   * ```
   *
   * Returns: what to do
   *
   * Since: 1.0
   */
  signals[QUIT_REQUESTED] =
    g_signal_new ("quit-requested", THR_TYPE_THREAD_MANAGER, G_SIGNAL_RUN_LAST, 0,
                  g_signal_accumulator_first_wins, NULL, NULL, THR_TYPE_QUIT_ANSWER, 0);
}

static void
thr_thread_manager_init (ThrThreadManager *self)
{
  thr_home_init (&self->home, thr_dispatcher_for_long_life ());
  self->core = thr_core_new (self, self->home.dispatcher);
  thr_core_snapshot_locked (self->core, &self->announced);
  thr_registry_add (self->core);
}

/* ---- the list model ---- */

/* In the owner context: the model, made at the first look. */
static ThrJobModel *
get_model (ThrThreadManager *self)
{
  if (self->model == NULL)
    {
      g_autoptr (GPtrArray) jobs = thr_core_track (self->core);

      g_ptr_array_set_free_func (jobs, (GDestroyNotify) thr_job_unref_at_home);
      self->model = thr_job_model_new (jobs);
    }
  return self->model;
}

static GType
get_item_type (GListModel *model)
{
  return THR_TYPE_THREAD_WRAPPER;
}

static guint
get_n_items (GListModel *model)
{
  return thr_thread_manager_get_size (THR_THREAD_MANAGER (model));
}

static gpointer
get_item (GListModel *model,
          guint       position)
{
  return thr_thread_manager_get (THR_THREAD_MANAGER (model), position);
}

static void
list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

/* ---- public ---- */

/**
 * thr_thread_manager_new:
 *
 * Makes a manager with a thread limit of 10.
 *
 * Returns: (transfer full): a new manager
 *
 * Since: 1.0
 */
ThrThreadManager *
thr_thread_manager_new (void)
{
  return g_object_new (THR_TYPE_THREAD_MANAGER, NULL);
}

static gpointer
new_default (gpointer data)
{
  ThrDispatcher *home = thr_dispatcher_for_context (NULL);
  ThrDispatcher *before = thr_dispatcher_set_current (home);
  ThrThreadManager *self = thr_thread_manager_new ();

  thr_dispatcher_set_current (before);
  thr_dispatcher_unref (home);
  thr_thread_manager_set_name (self, "default");
  return self;
}

/**
 * thr_thread_manager_get_default:
 *
 * The manager of the process, whose owner context is the global default one.
 *
 * A library should make its own: its user may want to change the thread limit
 * of this one, or to stop it.
 *
 * Returns: (transfer none): the default manager
 *
 * Since: 1.0
 */
ThrThreadManager *
thr_thread_manager_get_default (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, new_default, NULL);
}

/**
 * thr_thread_manager_get:
 * @self: a manager
 * @index: a position in the list model
 *
 * The job at a position of the list model, as [method@Gio.ListModel.get_item]
 * gives it; only in the owner context.
 *
 * Returns: (transfer full) (nullable): the job; `NULL` behind the end
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thread_manager_get (ThrThreadManager *self,
                        guint             index)
{
  ThrThreadWrapper *job;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);
  g_return_val_if_fail (thr_dispatcher_is_home (self->home.dispatcher), NULL);

  job = thr_job_model_get (get_model (self), index);
  return job != NULL ? g_object_ref (job) : NULL;
}

/**
 * thr_thread_manager_get_size: (get-property size)
 * @self: a manager
 *
 * The number of jobs in the list model; only in the owner context.
 *
 * Returns: the number of jobs
 *
 * Since: 1.0
 */
guint
thr_thread_manager_get_size (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), 0);
  g_return_val_if_fail (thr_dispatcher_is_home (self->home.dispatcher), 0);

  return thr_job_model_length (get_model (self));
}

/**
 * thr_thread_manager_get_history: (get-property history)
 * @self: a manager
 *
 * The `CLOSED` jobs that the manager keeps: see
 * [property@Thr.ThreadManager:history]; only in the owner context.
 *
 * Returns: (transfer none): a list of [class@Thr.ThreadWrapper], the same one
 *   each time
 *
 * Since: 1.0
 */
GListModel *
thr_thread_manager_get_history (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);
  g_return_val_if_fail (thr_dispatcher_is_home (self->home.dispatcher), NULL);

  /* First, for it may free jobs, and who hears of that may ask for the same. */
  thr_batch_flush ();
  if (self->history == NULL)
    self->history = thr_history_new (self->home.dispatcher, thr_core_track_history (self->core));
  return thr_history_get_model (self->history);
}

/**
 * thr_thread_manager_get_uid: (get-property uid)
 * @self: a manager
 *
 * A name that no other manager has.
 *
 * Returns: (transfer none): the name, valid as long as the manager
 *
 * Since: 1.0
 */
const char *
thr_thread_manager_get_uid (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);

  return self->core->uid;
}

/**
 * thr_thread_manager_dup_name: (get-property name)
 * @self: a manager
 *
 * The manager's name.
 *
 * Returns: (transfer full) (nullable): the name, if it has one
 *
 * Since: 1.0
 */
char *
thr_thread_manager_dup_name (ThrThreadManager *self)
{
  char *name;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);

  thr_core_lock (self->core);
  name = g_strdup (self->core->name);
  g_mutex_unlock (&self->core->queue_lock);
  return name;
}

static void
notify_name (gpointer data)
{
  ThrThreadManager *self = data;

  notify (self, PROP_NAME);
  g_object_unref (self);
}

/**
 * thr_thread_manager_set_name: (set-property name)
 * @self: a manager
 * @name: (nullable): a name for people and for messages, or `NULL`
 *
 * Names the manager.
 *
 * Since: 1.0
 */
void
thr_thread_manager_set_name (ThrThreadManager *self,
                             const char       *name)
{
  g_autofree char *other = g_strdup (name);
  gboolean changed;

  g_return_if_fail (THR_IS_THREAD_MANAGER (self));

  thr_core_lock (self->core);
  changed = g_strcmp0 (self->core->name, name) != 0;
  if (changed)
    {
      char *before = self->core->name;

      self->core->name = other;
      other = before;
    }
  g_mutex_unlock (&self->core->queue_lock);

  if (!changed)
    return;
  if (thr_dispatcher_is_home (self->home.dispatcher))
    notify (self, PROP_NAME);
  else
    thr_dispatcher_invoke (self->home.dispatcher, notify_name, g_object_ref (self));
}

/**
 * thr_thread_manager_get_thread_limit: (get-property thread-limit)
 * @self: a manager
 *
 * How many jobs run at once at the most.
 *
 * Returns: the limit, 1 or more
 *
 * Since: 1.0
 */
guint
thr_thread_manager_get_thread_limit (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), 0);

  return snapshot_of (self).thread_limit;
}

/**
 * thr_thread_manager_set_thread_limit:
 * @self: a manager
 * @thread_limit: how many jobs run at once at the most, 1 or more
 * @error: where to put an error
 *
 * Changes how many jobs run at once.
 *
 * The error is `THR_ERROR_INVALID_ARGUMENT` if @thread_limit is 0; nothing has
 * changed then.
 *
 * Returns: `TRUE` if the limit is in force
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_set_thread_limit (ThrThreadManager *self,
                                     guint             thread_limit,
                                     GError          **error)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (thread_limit == 0)
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                           _("A thread limit of 0 would let no job run: give 1 or more, or pause the "
                             "manager"));
      return FALSE;
    }

  if (snapshot_of (self).thread_limit != thread_limit)
    {
      thr_core_set_limit (self->core, thread_limit);
      settle_soon (self);
    }
  return TRUE;
}

/**
 * thr_thread_manager_get_paused: (get-property paused)
 * @self: a manager
 *
 * Whether the queue is held.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_get_paused (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);

  return snapshot_of (self).paused;
}

/**
 * thr_thread_manager_set_paused: (set-property paused)
 * @self: a manager
 * @paused: whether to hold the queue
 *
 * Holds the queue, or lets it go on. Running jobs are not affected.
 *
 * Since: 1.0
 */
void
thr_thread_manager_set_paused (ThrThreadManager *self,
                               gboolean          paused)
{
  g_return_if_fail (THR_IS_THREAD_MANAGER (self));

  paused = !!paused;
  if (snapshot_of (self).paused == paused)
    return;
  thr_core_set_paused (self->core, paused);
  settle_soon (self);
}

/**
 * thr_thread_manager_get_keep_finished: (get-property keep-finished)
 * @self: a manager
 *
 * How many `CLOSED` jobs stay in the manager.
 *
 * Returns: the number of jobs
 *
 * Since: 1.0
 */
guint
thr_thread_manager_get_keep_finished (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), 0);

  return snapshot_of (self).keep_finished;
}

/**
 * thr_thread_manager_set_keep_finished: (set-property keep-finished)
 * @self: a manager
 * @keep_finished: how many `CLOSED` jobs stay in the manager
 *
 * Changes how many `CLOSED` jobs stay in the manager; where there are more, the
 * oldest leave.
 *
 * Since: 1.0
 */
void
thr_thread_manager_set_keep_finished (ThrThreadManager *self,
                                      guint             keep_finished)
{
  g_return_if_fail (THR_IS_THREAD_MANAGER (self));

  if (snapshot_of (self).keep_finished == keep_finished)
    return;
  thr_core_set_keep (self->core, keep_finished);
  settle_soon (self);
}

/**
 * thr_thread_manager_get_started: (get-property started)
 * @self: a manager
 *
 * Whether the manager was started, and not stopped since.
 *
 * Returns: whether it was
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_get_started (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);

  return read_snapshot (self).started;
}

/**
 * thr_thread_manager_get_n_queued: (get-property n-queued)
 * @self: a manager
 *
 * How many jobs were not begun yet.
 *
 * Returns: the number of jobs
 *
 * Since: 1.0
 */
guint
thr_thread_manager_get_n_queued (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), 0);

  return read_snapshot (self).n_queued;
}

/**
 * thr_thread_manager_get_n_running: (get-property n-running)
 * @self: a manager
 *
 * How many jobs are running.
 *
 * Returns: the number of jobs
 *
 * Since: 1.0
 */
guint
thr_thread_manager_get_n_running (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), 0);

  return read_snapshot (self).n_running;
}

/**
 * thr_thread_manager_get_busy: (get-property busy)
 * @self: a manager
 *
 * Whether any job runs, is to run, or has ended and is not `CLOSED` yet.
 *
 * Returns: whether one does
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_get_busy (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);

  return read_snapshot (self).busy;
}

/**
 * thr_thread_manager_get_progress: (get-property progress)
 * @self: a manager
 *
 * How much is done of all jobs since the manager was last idle.
 *
 * Returns: from 0 to 1; −1 before the first job
 *
 * Since: 1.0
 */
double
thr_thread_manager_get_progress (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), -1.0);

  return read_snapshot (self).progress;
}

/**
 * thr_generate_uid:
 * @delimiter: (nullable): what to put between the chunks; `NULL` for a `-`
 *
 * Makes a name at random: six chunks of six letters and digits.
 *
 * Returns: (transfer full): the name
 *
 * Since: 1.0
 */
char *
thr_generate_uid (const char *delimiter)
{
  static const char signs[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  GString *uid = g_string_new (NULL);

  for (guint i = 0; i < 36; i++)
    {
      if (i > 0 && i % 6 == 0)
        g_string_append (uid, delimiter != NULL ? delimiter : "-");
      g_string_append_c (uid, signs[g_random_int_range (0, sizeof signs - 1)]);
    }
  return g_string_free (uid, FALSE);
}
