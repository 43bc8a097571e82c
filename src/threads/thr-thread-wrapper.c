/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-thread-wrapper.h"

#include "base/thr-parking-private.h"
#include "threads/thr-binding.h"
#include "threads/thr-core-private.h"
#include "threads/thr-job-bonds-private.h"
#include "threads/thr-job-items-private.h"
#include "threads/thr-job-people-private.h"
#include "threads/thr-job-private.h"

#include <string.h>

/**
 * ThrThreadWrapper:
 *
 * One job: a function that runs in the background, and all that can be known
 * and asked of it meanwhile.
 *
 * Most programs get one from [method@Thr.ThreadManager.do_async], which makes
 * and submits it. One that is to be prepared first (a priority, a cancellable)
 * is made with [ctor@Thr.ThreadWrapper.new] and submitted with
 * [method@Thr.ThreadManager.submit] or [method@Thr.ThreadManager.append].
 *
 * ```c
 * static gboolean
 * count_words (ThrThreadWrapper *thread,
 *              gpointer          user_data,
 *              GError          **error)
 * {
 *   gint64 words = 0;
 *
 *   for (guint page = 0; page < 100; page++)
 *     {
 *       if (!thr_thread_wrapper_checkpoint (thread, error))
 *         return FALSE;
 *       words += words_of_page (user_data, page);
 *       thr_thread_wrapper_set_progress (thread, (page + 1) / 100.0);
 *     }
 *   return thr_thread_wrapper_return_int (thread, words, error);
 * }
 *
 * static void
 * counted (ThrThreadWrapper *thread,
 *          const GValue     *result,
 *          gpointer          user_data)
 * {
 *   g_print ("%" G_GINT64_FORMAT " words\n", g_value_get_int64 (result));
 * }
 *
 * g_autoptr (ThrThreadWrapper) job =
 *   thr_thread_manager_do_async (thr_thread_manager_get_default (), "count words",
 *                                count_words, g_object_ref (book), g_object_unref);
 * thr_thread_wrapper_set_on_success (job, counted, NULL, NULL);
 * ```
 *
 * # Its life
 *
 * [property@Thr.ThreadWrapper:execution-state] goes from `CREATED` through
 * `RUNNING`, one of `RETURNED` and `EXCEPTION`, and `FINISHING` to `CLOSED`,
 * and each step has its own notify, in order, none left out. The page
 * [Execution states](execution-states.html) tells the whole story.
 *
 * # Thread safety
 *
 * Every function may be called from any thread, unless it says otherwise. A
 * job has an owner context, the thread-default [struct@GLib.MainContext] of
 * the thread that made it (for a job made inside a job's function, that one's
 * owner context), and all that the user sees happens there: signals, notifies,
 * callbacks, and the release of what was given to the job. Only the job's
 * function, and the interrupter, run elsewhere.
 *
 * # Shutdown
 *
 * A job that was submitted is kept alive until it is `CLOSED`, which it
 * becomes whatever happens to its manager, as long as its owner context is
 * iterated. From then on its owner is free to leave that context, unless
 * somebody else holds the job: it would go home to be freed, and stay there.
 *
 * Since: 1.0
 */

enum
{
  PROP_0,
  PROP_IDENT,
  PROP_NAME,
  PROP_EXECUTION_STATE,
  PROP_FINISHED_WITH,
  PROP_STATUS,
  PROP_PROGRESS,
  PROP_MESSAGE,
  PROP_PRIORITY,
  PROP_CANCELLABLE,
  PROP_PAUSED,
  PROP_HALTED,
  PROP_MANAGER,
  PROP_CREATED_AT,
  PROP_STARTED_AT,
  PROP_ENDED_AT,
  PROP_RESULT,
  PROP_ERROR,
  N_PROPS,
};

enum
{
  SUCCEEDED,
  FAILED,
  ENDED,
  N_SIGNALS,
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ThrThreadWrapper, thr_thread_wrapper, G_TYPE_OBJECT)

static const struct
{
  guint bit;
  guint prop;
} announced_props[] = {
  { THR_JOB_PROGRESS, PROP_PROGRESS },
  { THR_JOB_STATUS, PROP_STATUS },
  { THR_JOB_MESSAGE, PROP_MESSAGE },
  { THR_JOB_NAME, PROP_NAME },
  { THR_JOB_PRIORITY, PROP_PRIORITY },
  { THR_JOB_PAUSE, PROP_PAUSED },
  { THR_JOB_HALT, PROP_HALTED },
};

/* ---- what the other thr-job-*.c files use ---- */

/* Made by whoever needs it first; the exchange publishes it. */
ThrJobExtra *
thr_job_extra (ThrThreadWrapper *self)
{
  static const double unknown = -1.0;
  ThrJobExtra *extra = thr_job_peek_extra (self);
  ThrJobExtra *made;
  guint64 bits;

  if (G_LIKELY (extra != NULL))
    return extra;

  made = g_new0 (ThrJobExtra, 1);
  memcpy (&bits, &unknown, sizeof bits);
  atomic_init (&made->progress, bits);
  made->counted_progress = 0.0;
  g_snprintf (made->ident, sizeof made->ident, "thr-%" G_GUINT64_FORMAT, self->number);
  made->group_link.data = self;
  if (atomic_compare_exchange_strong (&self->extra, &extra, made))
    return made;
  g_free (made);
  return extra;
}

void
thr_callback_clear (ThrCallback   *callback,
                    ThrDispatcher *home)
{
  ThrCallback old = *callback;

  *callback = (ThrCallback) { NULL, NULL, NULL };
  if (old.destroy != NULL && thr_gate_is_open ())
    {
      thr_assert_home (home);
      old.destroy (old.user_data);
    }
}

/* At home, before emissions: whether anybody would hear them. To ask this once
 * costs less than one emission that nobody hears. */
void
thr_job_listen (ThrThreadWrapper *self)
{
  self->home.heard = thr_gate_is_open () &&
                     g_signal_handler_find (self, G_SIGNAL_MATCH_UNBLOCKED, 0, 0, NULL, NULL, NULL) != 0;
}

/* At home: notifies the properties of these bits. */
void
thr_job_emit (ThrThreadWrapper *self,
              guint             bits)
{
  GParamSpec *changed[G_N_ELEMENTS (announced_props)];
  guint n_changed = 0;

  if (bits & THR_JOB_ITEMS)
    thr_job_items_deliver (self);
  if (!self->home.heard)
    return;
  if (bits & (THR_JOB_ASKED | THR_JOB_TAGS))
    thr_job_people_emit (self, bits);
  if (bits & THR_JOB_LOOK)
    thr_job_people_look (self);
  for (guint i = 0; i < G_N_ELEMENTS (announced_props); i++)
    {
      if (bits & announced_props[i].bit)
        changed[n_changed++] = props[announced_props[i].prop];
    }
  if (n_changed > 0)
    thr_home_emit (&self->home, n_changed, changed);
}

/* At home: notifies the state that was just stepped to, and what came with it. */
void
thr_job_emit_state (ThrThreadWrapper *self)
{
  GParamSpec *changed[4];
  guint n_changed = 0;

  if (!self->home.heard)
    return;
  switch (self->home.announced)
    {
    case THR_EXECUTION_STATE_RUNNING:
      changed[n_changed++] = props[PROP_STARTED_AT];
      break;
    case THR_EXECUTION_STATE_RETURNED:
    case THR_EXECUTION_STATE_EXCEPTION:
      thr_job_people_end (self);
      changed[n_changed++] = props[PROP_ENDED_AT];
      changed[n_changed++] = props[PROP_FINISHED_WITH];
      changed[n_changed++] = props[thr_job_has_failed (self) ? PROP_ERROR : PROP_RESULT];
      break;
    case THR_EXECUTION_STATE_CLOSED:
      thr_job_people_emit (self, THR_JOB_CLOSED);
      break;
    default:
      break;
    }
  changed[n_changed++] = props[PROP_EXECUTION_STATE];
  thr_home_emit (&self->home, n_changed, changed);
  if (self->home.announced == THR_EXECUTION_STATE_RUNNING)
    thr_job_people_look (self);
}

/* At home: the signal that says what the callback of the present state says. */
void
thr_job_emit_signal (ThrThreadWrapper *self)
{
  if (!self->home.heard)
    return;
  thr_assert_home (self->home.dispatcher);
  if (self->home.announced == THR_EXECUTION_STATE_RETURNED)
    g_signal_emit (self, signals[SUCCEEDED], 0, thr_thread_wrapper_get_result (self));
  else if (self->home.announced == THR_EXECUTION_STATE_EXCEPTION)
    g_signal_emit (self, signals[FAILED], 0, self->error);
  else
    g_signal_emit (self, signals[ENDED], 0);
}

gboolean
thr_job_has_failed_handler (ThrThreadWrapper *self)
{
  return g_signal_has_handler_pending (self, signals[FAILED], 0, FALSE);
}

static void
clear_callback_cb (gpointer data)
{
  ThrCallback *callback = data;

  if (thr_gate_is_open ())
    callback->destroy (callback->user_data);
  g_free (callback);
}

/* The same from any thread. */
void
thr_callback_clear_at_home (ThrCallback   *callback,
                            ThrDispatcher *home)
{
  ThrCallback old = *callback;

  if (old.destroy == NULL || thr_dispatcher_is_home (home))
    {
      thr_callback_clear (callback, home);
      return;
    }
  *callback = (ThrCallback) { NULL, NULL, NULL };
  thr_dispatcher_invoke (home, clear_callback_cb, g_memdup2 (&old, sizeof old));
}

static void
announce_idle (gpointer data)
{
  ThrThreadWrapper *self = data;

  /* If it was submitted meanwhile, a delivery does all that belongs to it. */
  if (atomic_load (&self->home.flags) & THR_JOB_FLYING)
    thr_job_mark (self, 0);
  else
    {
      guint bits = atomic_fetch_and (&self->home.flags, ~(THR_JOB_MERGED | THR_JOB_AT_ONCE));

      thr_job_listen (self);
      thr_job_emit (self, bits);
    }
  g_object_unref (self);
}

/* Says that something is to be delivered, from any thread. A job in flight
 * has at most one node in the inbox and allocates nothing. */
void
thr_job_mark (ThrThreadWrapper *self,
              guint             bits)
{
  guint before = atomic_fetch_or (&self->home.flags, bits | THR_JOB_POSTED);

  if (before & THR_JOB_FLYING)
    {
      if (!(before & THR_JOB_POSTED))
        thr_dispatcher_push (self->home.dispatcher, &self->home.node);
    }
  else if (thr_dispatcher_is_home (self->home.dispatcher))
    {
      atomic_fetch_and (&self->home.flags, ~bits);
      thr_job_listen (self);
      thr_job_emit (self, bits);
    }
  else if ((before & bits) != bits)
    thr_dispatcher_invoke (self->home.dispatcher, announce_idle, g_object_ref (self));
}

ThrThreadWrapper *
thr_job_new (ThrJobKind     kind,
             const char    *name,
             GCallback      func,
             gpointer       user_data,
             GDestroyNotify destroy)
{
  ThrThreadWrapper *self = g_object_new (THR_TYPE_THREAD_WRAPPER, NULL);

  self->item.kind = kind;
  if (name != NULL)
    thr_job_extra (self)->name = g_strdup (name);
  self->function = (ThrCallback) { func, user_data, destroy };
  return self;
}

/* ---- the class ---- */

static void
extra_free (ThrJobExtra   *self,
            ThrDispatcher *home)
{
  thr_callback_clear (&self->on_fail, home);
  thr_callback_clear (&self->on_end, home);
  thr_callback_clear (&self->interrupter, home);
  thr_job_items_free (self);
  thr_job_people_free (self);
  g_free (self->name);
  g_free (self->message);
  g_strfreev (self->tags);
  if (G_IS_VALUE (&self->status))
    g_value_unset (&self->status);
  g_clear_object (&self->own);
  g_clear_object (&self->followed);
  g_free (self);
}

static void
thr_thread_wrapper_dispose (GObject *object)
{
  ThrThreadWrapper *self = THR_THREAD_WRAPPER (object);

  if (!thr_home_dispose (&self->home))
    return;

  thr_job_bonds_end (self);
  /* Nobody can take the failure any more. */
  thr_thread_wrapper_report_unhandled (self);

  G_OBJECT_CLASS (thr_thread_wrapper_parent_class)->dispose (object);
}

static void
thr_thread_wrapper_finalize (GObject *object)
{
  ThrThreadWrapper *self = THR_THREAD_WRAPPER (object);
  ThrJobExtra *extra = thr_job_peek_extra (self);

  thr_assert_home (self->home.dispatcher);

  thr_callback_clear (&self->function, self->home.dispatcher);
  thr_callback_clear (&self->on_success, self->home.dispatcher);
  if (thr_job_has_failed (self))
    g_clear_error (&self->error);
  else if (self->result.g_type != 0)
    g_value_unset (&self->result);
  if (extra != NULL)
    {
      thr_job_free_garbage (self);
      extra_free (extra, self->home.dispatcher);
    }
  g_clear_pointer (&self->core, thr_core_unref);
  thr_home_clear (&self->home);

  G_OBJECT_CLASS (thr_thread_wrapper_parent_class)->finalize (object);
}

static void
thr_thread_wrapper_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  ThrThreadWrapper *self = THR_THREAD_WRAPPER (object);

  switch (prop_id)
    {
    case PROP_IDENT:
      g_value_set_string (value, thr_thread_wrapper_get_ident (self));
      break;
    case PROP_NAME:
      g_value_take_string (value, thr_thread_wrapper_dup_name (self));
      break;
    case PROP_EXECUTION_STATE:
      g_value_set_enum (value, thr_thread_wrapper_get_execution_state (self));
      break;
    case PROP_FINISHED_WITH:
      g_value_set_enum (value, thr_thread_wrapper_get_finished_with (self));
      break;
    case PROP_STATUS:
      {
        GValue status = G_VALUE_INIT;

        if (thr_thread_wrapper_get_status (self, &status))
          g_value_set_boxed (value, &status);
        g_value_unset (&status);
        break;
      }
    case PROP_PROGRESS:
      g_value_set_double (value, thr_thread_wrapper_get_progress (self));
      break;
    case PROP_MESSAGE:
      g_value_take_string (value, thr_thread_wrapper_dup_message (self));
      break;
    case PROP_PRIORITY:
      g_value_set_int (value, thr_thread_wrapper_get_priority (self));
      break;
    case PROP_CANCELLABLE:
      g_value_set_object (value, thr_thread_wrapper_get_cancellable (self));
      break;
    case PROP_PAUSED:
      g_value_set_boolean (value, thr_thread_wrapper_get_paused (self));
      break;
    case PROP_HALTED:
      g_value_set_boolean (value, thr_thread_wrapper_get_halted (self));
      break;
    case PROP_MANAGER:
      g_value_take_object (value, thr_thread_wrapper_dup_manager (self));
      break;
    case PROP_CREATED_AT:
      g_value_set_int64 (value, thr_thread_wrapper_get_created_at (self));
      break;
    case PROP_STARTED_AT:
      g_value_set_int64 (value, thr_thread_wrapper_get_started_at (self));
      break;
    case PROP_ENDED_AT:
      g_value_set_int64 (value, thr_thread_wrapper_get_ended_at (self));
      break;
    case PROP_RESULT:
      g_value_set_boxed (value, thr_thread_wrapper_get_result (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, thr_thread_wrapper_get_error (self));
      break;
    default:
      if (!thr_job_people_get_property (self, prop_id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
thr_thread_wrapper_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec)
{
  ThrThreadWrapper *self = THR_THREAD_WRAPPER (object);

  switch (prop_id)
    {
    case PROP_NAME:
      thr_thread_wrapper_set_name (self, g_value_get_string (value));
      break;
    case PROP_STATUS:
      thr_thread_wrapper_set_status (self, g_value_get_boxed (value));
      break;
    case PROP_PROGRESS:
      thr_thread_wrapper_set_progress (self, g_value_get_double (value));
      break;
    case PROP_MESSAGE:
      thr_thread_wrapper_set_message (self, g_value_get_string (value));
      break;
    case PROP_PRIORITY:
      thr_thread_wrapper_set_priority (self, g_value_get_int (value));
      break;
    default:
      if (!thr_job_people_set_property (self, prop_id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
thr_thread_wrapper_class_init (ThrThreadWrapperClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags readwrite = readable | G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY;

  G_STATIC_ASSERT (G_STRUCT_OFFSET (ThrThreadWrapper, home) == sizeof (GObject));

  thr_home_class_init (object_class);
  object_class->dispose = thr_thread_wrapper_dispose;
  object_class->finalize = thr_thread_wrapper_finalize;
  object_class->get_property = thr_thread_wrapper_get_property;
  object_class->set_property = thr_thread_wrapper_set_property;

  /**
   * ThrThreadWrapper:ident: (getter get_ident)
   *
   * What names the job in its manager, such as `thr-17`: unique in the process
   * and never used again.
   *
   * Since: 1.0
   */
  props[PROP_IDENT] = g_param_spec_string ("ident", NULL, NULL, NULL, readable);

  /**
   * ThrThreadWrapper:name: (getter dup_name) (setter set_name)
   *
   * The job's name for people and for messages; the ident where none was set.
   *
   * Since: 1.0
   */
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, readwrite);

  /**
   * ThrThreadWrapper:execution-state: (getter get_execution_state)
   *
   * Where the job is in its life.
   *
   * Every step is notified, in order, in the owner context, none merged with
   * another. Inside such a handler, and inside the callbacks and signals of the
   * job, the property reads as the step being announced. Anywhere else it reads
   * as the latest state, and never goes back.
   *
   * Once the function has ended and before its delivery, it reads (outside
   * handlers) as `CLOSED` where nobody listens by a callback or an
   * asynchronous wait, and as `RETURNED` or `EXCEPTION` where somebody does. So
   * a script without a main loop may poll it until it is no longer `RUNNING`;
   * one that has set callbacks uses [method@Thr.ThreadWrapper.join] instead.
   *
   * Since: 1.0
   */
  props[PROP_EXECUTION_STATE] =
    g_param_spec_enum ("execution-state", NULL, NULL, THR_TYPE_EXECUTION_STATE,
                       THR_EXECUTION_STATE_CREATED, readable);

  /**
   * ThrThreadWrapper:finished-with: (getter get_finished_with)
   *
   * `RETURNED` or `EXCEPTION` once it is known which, `CREATED` before.
   *
   * Since: 1.0
   */
  props[PROP_FINISHED_WITH] =
    g_param_spec_enum ("finished-with", NULL, NULL, THR_TYPE_EXECUTION_STATE,
                       THR_EXECUTION_STATE_CREATED, readable);

  /**
   * ThrThreadWrapper:status:
   *
   * Any value that the job wants to show of its work: a number, a string, a
   * variant, an object. What it means, its range and its direction are up to
   * the program.
   *
   * It may be set millions of times a second: the notifies are merged to at
   * most one each turn of the main loop and about 60 a second, the last value
   * is never lost, and it is notified before the step of
   * [property@Thr.ThreadWrapper:execution-state] that follows it.
   *
   * Since: 1.0
   */
  props[PROP_STATUS] = g_param_spec_boxed ("status", NULL, NULL, G_TYPE_VALUE, readwrite);

  /**
   * ThrThreadWrapper:progress: (getter get_progress) (setter set_progress)
   *
   * How much of the job is done, from 0 to 1, or −1 while that is unknown.
   *
   * Its notifies are merged as those of [property@Thr.ThreadWrapper:status].
   *
   * Since: 1.0
   */
  props[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, -1.0, 1.0, -1.0, readwrite);

  /**
   * ThrThreadWrapper:message: (getter dup_message) (setter set_message)
   *
   * What the job is doing, in words for people.
   *
   * Its notifies are merged as those of [property@Thr.ThreadWrapper:status].
   *
   * Since: 1.0
   */
  props[PROP_MESSAGE] = g_param_spec_string ("message", NULL, NULL, NULL, readwrite);

  /**
   * ThrThreadWrapper:priority: (getter get_priority) (setter set_priority)
   *
   * The job's priority in the queue, as GLib counts it: a lower number runs
   * earlier. Jobs of the same priority run in the order of their submission.
   *
   * Since: 1.0
   */
  props[PROP_PRIORITY] =
    g_param_spec_int ("priority", NULL, NULL, G_MININT, G_MAXINT, G_PRIORITY_DEFAULT, readwrite);

  /**
   * ThrThreadWrapper:cancellable: (getter get_cancellable)
   *
   * The job's own cancellable: cancelled when the job is asked to end, in
   * whatever way.
   *
   * Since: 1.0
   */
  props[PROP_CANCELLABLE] =
    g_param_spec_object ("cancellable", NULL, NULL, G_TYPE_CANCELLABLE, readable);

  /**
   * ThrThreadWrapper:paused: (getter get_paused)
   *
   * Whether the job is paused.
   *
   * Since: 1.0
   */
  props[PROP_PAUSED] = g_param_spec_boolean ("paused", NULL, NULL, FALSE, readable);

  /**
   * ThrThreadWrapper:halted: (getter get_halted)
   *
   * Whether the job was halted.
   *
   * Since: 1.0
   */
  props[PROP_HALTED] = g_param_spec_boolean ("halted", NULL, NULL, FALSE, readable);

  /**
   * ThrThreadWrapper:manager: (getter dup_manager)
   *
   * The manager that the job was submitted to; `NULL` before, and once that
   * manager is gone.
   *
   * Since: 1.0
   */
  props[PROP_MANAGER] =
    g_param_spec_object ("manager", NULL, NULL, THR_TYPE_THREAD_MANAGER, readable);

  /**
   * ThrThreadWrapper:created-at: (getter get_created_at)
   *
   * When the job was made, in microseconds of monotonic time
   * ([func@GLib.get_monotonic_time]).
   *
   * Since: 1.0
   */
  props[PROP_CREATED_AT] =
    g_param_spec_int64 ("created-at", NULL, NULL, 0, G_MAXINT64, 0, readable);

  /**
   * ThrThreadWrapper:started-at: (getter get_started_at)
   *
   * When the job's function was begun, in microseconds of monotonic time, or 0.
   *
   * Since: 1.0
   */
  props[PROP_STARTED_AT] =
    g_param_spec_int64 ("started-at", NULL, NULL, 0, G_MAXINT64, 0, readable);

  /**
   * ThrThreadWrapper:ended-at: (getter get_ended_at)
   *
   * When the job's function ended, in microseconds of monotonic time, or 0.
   *
   * Since: 1.0
   */
  props[PROP_ENDED_AT] =
    g_param_spec_int64 ("ended-at", NULL, NULL, 0, G_MAXINT64, 0, readable);

  /**
   * ThrThreadWrapper:result: (getter get_result)
   *
   * What the job gave; `NULL` before it ended, where it gave nothing, and where
   * it failed.
   *
   * Since: 1.0
   */
  props[PROP_RESULT] = g_param_spec_boxed ("result", NULL, NULL, G_TYPE_VALUE, readable);

  /**
   * ThrThreadWrapper:error: (getter get_error)
   *
   * Why the job failed; `NULL` before it ended and where it succeeded.
   *
   * Since: 1.0
   */
  props[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, readable);

  g_object_class_install_properties (object_class, N_PROPS, props);
  thr_job_people_class_init (object_class);

  /**
   * ThrThreadWrapper::succeeded:
   * @self: the job
   * @result: (nullable): what it gave, if anything; valid as long as the job
   *
   * The job's function succeeded. Emitted in the owner context, in the state
   * `RETURNED`, right after the callback of
   * [method@Thr.ThreadWrapper.set_on_success].
   *
   * Since: 1.0
   */
  signals[SUCCEEDED] =
    g_signal_new ("succeeded", THR_TYPE_THREAD_WRAPPER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_VALUE | G_SIGNAL_TYPE_STATIC_SCOPE);

  /**
   * ThrThreadWrapper::failed:
   * @self: the job
   * @failure: why
   *
   * The job failed, or was ended before it began. Emitted in the owner context,
   * in the state `EXCEPTION`, right after the callback of
   * [method@Thr.ThreadWrapper.set_on_fail].
   *
   * Since: 1.0
   */
  signals[FAILED] =
    g_signal_new ("failed", THR_TYPE_THREAD_WRAPPER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);

  /**
   * ThrThreadWrapper::ended:
   * @self: the job
   *
   * The job ended, however it did. Emitted once, in the owner context, in the
   * state `FINISHING`, right after the callback of
   * [method@Thr.ThreadWrapper.set_on_end].
   *
   * Since: 1.0
   */
  signals[ENDED] =
    g_signal_new ("ended", THR_TYPE_THREAD_WRAPPER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 0);
}

static void
thr_thread_wrapper_init (ThrThreadWrapper *self)
{
  static _Atomic guint64 last_number;

  thr_home_init (&self->home, thr_dispatcher_for_maker ());
  self->home.node.deliver = thr_job_deliver;
  self->number = atomic_fetch_add_explicit (&last_number, 1, memory_order_relaxed) + 1;
  self->created_at = g_get_monotonic_time ();
}

/* ---- public ---- */

/**
 * thr_thread_wrapper_new: (constructor)
 * @name: (nullable): a name for people and for messages, or `NULL`
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 *   to run in the background
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   job is `CLOSED`
 *
 * Makes a job that is not submitted yet.
 *
 * Its owner context is the thread-default main context of the calling thread;
 * inside the function of another job, that job's owner context.
 *
 * Returns: (transfer full): a new job
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thread_wrapper_new (const char    *name,
                        ThrThreadFunc  func,
                        gpointer       user_data,
                        GDestroyNotify destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  return thr_job_new (THR_JOB_FUNCTION, name, G_CALLBACK (func), user_data, destroy);
}

/**
 * thr_thread_wrapper_get_current:
 *
 * The job whose function the calling thread is running.
 *
 * Returns: (transfer none) (nullable): the job; `NULL` outside of a job
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thread_wrapper_get_current (void)
{
  ThrFrame *top = thr_frame_top ();

  return top != NULL ? top->job : NULL;
}

/**
 * thr_thread_wrapper_get_ident: (get-property ident)
 * @self: a job
 *
 * What names the job in its manager, such as `thr-17`.
 *
 * Returns: (transfer none): the ident, valid as long as the job
 *
 * Since: 1.0
 */
const char *
thr_thread_wrapper_get_ident (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);

  return thr_job_extra (self)->ident;
}

/**
 * thr_thread_wrapper_dup_name: (get-property name)
 * @self: a job
 *
 * The job's name; its ident where none was set.
 *
 * Returns: (transfer full): the name
 *
 * Since: 1.0
 */
char *
thr_thread_wrapper_dup_name (ThrThreadWrapper *self)
{
  ThrJobExtra *extra;
  ThrSpot *spot;
  char *name;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);

  extra = thr_job_extra (self);
  spot = thr_parking_spot (self);
  g_mutex_lock (&spot->lock);
  name = g_strdup (extra->name);
  g_mutex_unlock (&spot->lock);
  return name != NULL ? name : g_strdup (extra->ident);
}

/* Puts a copy of the word where the job keeps it; FALSE where it is the same. */
static gboolean
replace_word (ThrThreadWrapper *self,
              char            **place,
              const char       *word)
{
  ThrSpot *spot = thr_parking_spot (self);
  char *copy = g_strdup (word);
  gboolean changed;

  g_mutex_lock (&spot->lock);
  changed = g_strcmp0 (*place, word) != 0;
  if (changed)
    {
      char *old = *place;

      *place = copy;
      copy = old;
    }
  g_mutex_unlock (&spot->lock);
  g_free (copy);
  return changed;
}

/**
 * thr_thread_wrapper_set_name: (set-property name)
 * @self: a job
 * @name: (nullable): a name for people and for messages; `NULL` for the ident
 *
 * Names the job.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_set_name (ThrThreadWrapper *self,
                             const char       *name)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  if (replace_word (self, &thr_job_extra (self)->name, name))
    thr_job_mark (self, THR_JOB_NAME);
}

/**
 * thr_thread_wrapper_get_execution_state: (get-property execution-state)
 * @self: a job
 *
 * Where the job is in its life: see
 * [property@Thr.ThreadWrapper:execution-state].
 *
 * Returns: the state
 *
 * Since: 1.0
 */
ThrExecutionState
thr_thread_wrapper_get_execution_state (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), THR_EXECUTION_STATE_CREATED);

  return thr_job_get_state (self);
}

/**
 * thr_thread_wrapper_get_finished_with: (get-property finished-with)
 * @self: a job
 *
 * How the job ended.
 *
 * Returns: `RETURNED` or `EXCEPTION` once that is known, `CREATED` before
 *
 * Since: 1.0
 */
ThrExecutionState
thr_thread_wrapper_get_finished_with (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), THR_EXECUTION_STATE_CREATED);

  if (!(atomic_load (&self->home.flags) & THR_JOB_DONE))
    return THR_EXECUTION_STATE_CREATED;
  return thr_job_has_failed (self) ? THR_EXECUTION_STATE_EXCEPTION : THR_EXECUTION_STATE_RETURNED;
}

/**
 * thr_thread_wrapper_get_status:
 * @self: a job
 * @status: (out caller-allocates): where to put a copy of the status; it must
 *   be zero-filled (`G_VALUE_INIT`) and is unset with g_value_unset()
 *
 * Copies what the job shows of its work.
 *
 * Returns: `TRUE` where a status was set; else @status is a string that is `NULL`
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_get_status (ThrThreadWrapper *self,
                               GValue           *status)
{
  ThrJobExtra *extra;
  ThrSpot *spot;
  GValue shown;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (status != NULL && !G_IS_VALUE (status), FALSE);

  /* Copied unlocked, since that may call anything of the value's type: as long
   * as somebody reads, no value is released. */
  extra = thr_job_extra (self);
  spot = thr_parking_spot (self);
  g_mutex_lock (&spot->lock);
  shown = extra->status;
  extra->n_readers++;
  g_mutex_unlock (&spot->lock);

  /* Bindings convert it in any case. */
  g_value_init (status, G_IS_VALUE (&shown) ? G_VALUE_TYPE (&shown) : G_TYPE_STRING);
  if (G_IS_VALUE (&shown))
    g_value_copy (&shown, status);

  g_mutex_lock (&spot->lock);
  extra->n_readers--;
  g_mutex_unlock (&spot->lock);
  return G_IS_VALUE (&shown);
}

/**
 * thr_thread_wrapper_set_status:
 * @self: a job
 * @status: (nullable): any value, or `NULL` for none; it is copied
 *
 * Shows something of the job's work: see [property@Thr.ThreadWrapper:status].
 *
 * The value that it replaces is released on the calling thread if that is the
 * job's own and had set it, and in the owner context otherwise; later, where
 * somebody is just reading it.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_set_status (ThrThreadWrapper *self,
                               const GValue     *status)
{
  GValue value = G_VALUE_INIT, old;
  ThrJobExtra *extra;
  ThrSpot *spot;
  gboolean at_home, by_job, old_by_job;

  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));
  g_return_if_fail (status == NULL || G_IS_VALUE (status));

  if (status != NULL)
    {
      g_value_init (&value, G_VALUE_TYPE (status));
      g_value_copy (status, &value);
    }
  extra = thr_job_extra (self);
  spot = thr_parking_spot (self);
  by_job = thr_frame_is_inside (self);
  at_home = !by_job && thr_dispatcher_is_home (self->home.dispatcher);

  g_mutex_lock (&spot->lock);
  old = extra->status;
  old_by_job = extra->status_from_job;
  extra->status = value;
  extra->status_from_job = by_job;
  if (G_IS_VALUE (&old) && (extra->n_readers > 0 || (!at_home && !(by_job && old_by_job))))
    {
      extra->garbage = g_slist_prepend (extra->garbage, g_memdup2 (&old, sizeof old));
      old = (GValue) G_VALUE_INIT;
    }
  g_mutex_unlock (&spot->lock);

  if (G_IS_VALUE (&old))
    g_value_unset (&old);
  if (!(atomic_load (&self->home.flags) & THR_JOB_STATUS))
    thr_job_mark (self, THR_JOB_STATUS);
}

/**
 * thr_thread_wrapper_get_progress: (get-property progress)
 * @self: a job
 *
 * How much of the job is done.
 *
 * Returns: from 0 to 1, or −1 while that is unknown
 *
 * Since: 1.0
 */
double
thr_thread_wrapper_get_progress (ThrThreadWrapper *self)
{
  ThrJobExtra *extra;
  guint64 bits;
  double progress;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), -1.0);

  extra = thr_job_peek_extra (self);
  if (extra == NULL)
    return -1.0;
  bits = atomic_load (&extra->progress);
  memcpy (&progress, &bits, sizeof progress);
  return progress;
}

/**
 * thr_thread_wrapper_set_progress: (set-property progress)
 * @self: a job
 * @progress: from 0 to 1; anything less (or not a number) for unknown; more
 *   than 1 is 1
 *
 * Says how much of the job is done.
 *
 * This takes a few nanoseconds: call it as often as it is convenient.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_set_progress (ThrThreadWrapper *self,
                                 double            progress)
{
  ThrJobExtra *extra;
  guint64 bits;

  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  progress = progress >= 0.0 ? MIN (progress, 1.0) : -1.0;
  memcpy (&bits, &progress, sizeof bits);
  extra = thr_job_extra (self);

  /* The value first, then the flag, and the owner takes them the other way
   * round, all in one order: so either it sees this value or the flag is set
   * again. A plain store could pass the load of the flag. */
  if (atomic_exchange (&extra->progress, bits) == bits)
    return;
  if (!(atomic_load (&self->home.flags) & THR_JOB_PROGRESS))
    thr_job_mark (self, THR_JOB_PROGRESS);
}

/**
 * thr_thread_wrapper_dup_message: (get-property message)
 * @self: a job
 *
 * What the job is doing, in words.
 *
 * Returns: (transfer full) (nullable): the message, if one was set
 *
 * Since: 1.0
 */
char *
thr_thread_wrapper_dup_message (ThrThreadWrapper *self)
{
  ThrJobExtra *extra;
  ThrSpot *spot;
  char *message;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);

  extra = thr_job_peek_extra (self);
  if (extra == NULL)
    return NULL;
  spot = thr_parking_spot (self);
  g_mutex_lock (&spot->lock);
  message = g_strdup (extra->message);
  g_mutex_unlock (&spot->lock);
  return message;
}

/**
 * thr_thread_wrapper_set_message: (set-property message)
 * @self: a job
 * @message: (nullable): words for people, or `NULL`
 *
 * Says what the job is doing.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_set_message (ThrThreadWrapper *self,
                                const char       *message)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  if (replace_word (self, &thr_job_extra (self)->message, message) &&
      !(atomic_load (&self->home.flags) & THR_JOB_MESSAGE))
    thr_job_mark (self, THR_JOB_MESSAGE);
}

/**
 * thr_thread_wrapper_get_priority: (get-property priority)
 * @self: a job
 *
 * The job's priority in the queue.
 *
 * Returns: the priority; a lower number runs earlier
 *
 * Since: 1.0
 */
int
thr_thread_wrapper_get_priority (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), G_PRIORITY_DEFAULT);

  return g_atomic_int_get (&self->item.priority);
}

/**
 * thr_thread_wrapper_set_priority: (set-property priority)
 * @self: a job
 * @priority: the priority; a lower number runs earlier
 *
 * Moves the job to another priority.
 *
 * A queued job goes behind those that have that priority already. Once the job
 * is running, this only changes what the property says.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_set_priority (ThrThreadWrapper *self,
                                 int               priority)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  if (g_atomic_int_get (&self->item.priority) == priority)
    return;
  thr_core_set_priority (self, priority);
  thr_job_mark (self, THR_JOB_PRIORITY);
}

/**
 * thr_thread_wrapper_dup_manager: (get-property manager)
 * @self: a job
 *
 * The manager that the job was submitted to.
 *
 * Returns: (transfer full) (nullable): the manager; `NULL` before the job was
 *   submitted and once the manager is gone
 *
 * Since: 1.0
 */
ThrThreadManager *
thr_thread_wrapper_dup_manager (ThrThreadWrapper *self)
{
  ThrCore *core;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);

  core = g_atomic_pointer_get (&self->core);
  return core != NULL ? thr_core_dup_manager (core) : NULL;
}

/**
 * thr_thread_wrapper_get_created_at: (get-property created-at)
 * @self: a job
 *
 * When the job was made.
 *
 * Returns: monotonic time in microseconds
 *
 * Since: 1.0
 */
gint64
thr_thread_wrapper_get_created_at (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), 0);

  return self->created_at;
}

/**
 * thr_thread_wrapper_get_started_at: (get-property started-at)
 * @self: a job
 *
 * When the job's function was begun.
 *
 * Returns: monotonic time in microseconds; 0 where it was not
 *
 * Since: 1.0
 */
gint64
thr_thread_wrapper_get_started_at (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), 0);

  return atomic_load_explicit (&self->started_at, memory_order_relaxed);
}

/**
 * thr_thread_wrapper_get_ended_at: (get-property ended-at)
 * @self: a job
 *
 * When the job's function ended, or the job was ended before it began.
 *
 * Returns: monotonic time in microseconds; 0 before
 *
 * Since: 1.0
 */
gint64
thr_thread_wrapper_get_ended_at (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), 0);

  return atomic_load_explicit (&self->ended_at, memory_order_relaxed);
}

/* ---- callbacks ---- */

/* Replaces one of the callbacks, where that still makes sense. */
static void
set_callback (ThrThreadWrapper *self,
              ThrCallback      *place,
              ThrCallback       callback,
              const char       *function)
{
  guint flags = atomic_load (&self->home.flags);
  gboolean submitted = flags & (THR_JOB_FLYING | THR_JOB_CLOSED);

  if (!(flags & THR_JOB_CLOSED) &&
      (!submitted || thr_dispatcher_is_home (self->home.dispatcher)))
    {
      thr_callback_clear_at_home (place, self->home.dispatcher);
      *place = callback;
      if (callback.func != NULL)
        atomic_fetch_or (&self->home.flags, THR_JOB_LISTENED);
      return;
    }

  if (flags & THR_JOB_CLOSED)
    g_critical ("%s: the job %s is CLOSED: set its callbacks before it ends", function,
                thr_thread_wrapper_get_ident (self));
  else
    g_critical ("%s: the job %s is submitted: from now on its callbacks can be set only in its "
                "owner context",
                function, thr_thread_wrapper_get_ident (self));
  if (callback.destroy != NULL)
    callback.destroy (callback.user_data);
}

/**
 * thr_thread_wrapper_set_on_success:
 * @self: a job
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable):
 *   called with the result, or `NULL` for nobody
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   job is `CLOSED`, or when another function is set
 *
 * Sets what is called in the owner context when the job's function succeeded.
 *
 * In the owner context this may be called at any time before the job is
 * `CLOSED`: even when the function has ended by now, @func will be called. On
 * another thread it may be called only before the job is submitted.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_set_on_success (ThrThreadWrapper *self,
                                   ThrSuccessFunc    func,
                                   gpointer          user_data,
                                   GDestroyNotify    destroy)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  set_callback (self, &self->on_success,
                (ThrCallback) { G_CALLBACK (func), user_data, destroy }, G_STRFUNC);
}

/**
 * thr_thread_wrapper_set_on_fail:
 * @self: a job
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable):
 *   called with the error, or `NULL` for nobody
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   job is `CLOSED`, or when another function is set
 *
 * Sets what is called in the owner context when the job failed, or was ended
 * before it began.
 *
 * When it may be called: see [method@Thr.ThreadWrapper.set_on_success].
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_set_on_fail (ThrThreadWrapper *self,
                                ThrFailFunc       func,
                                gpointer          user_data,
                                GDestroyNotify    destroy)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  set_callback (self, &thr_job_extra (self)->on_fail,
                (ThrCallback) { G_CALLBACK (func), user_data, destroy }, G_STRFUNC);
}

/**
 * thr_thread_wrapper_set_on_end:
 * @self: a job
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable):
 *   called when all is over, or `NULL` for nobody
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   job is `CLOSED`, or when another function is set
 *
 * Sets what is called in the owner context, once and always, after the
 * callback for success or failure. Only a job whose window is gone falls silent:
 * see [method@Thr.ThreadWrapper.bind_to].
 *
 * When it may be called: see [method@Thr.ThreadWrapper.set_on_success].
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_set_on_end (ThrThreadWrapper *self,
                               ThrEndFunc        func,
                               gpointer          user_data,
                               GDestroyNotify    destroy)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  set_callback (self, &thr_job_extra (self)->on_end,
                (ThrCallback) { G_CALLBACK (func), user_data, destroy }, G_STRFUNC);
}
