/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-background.h"

#include "threads/thr-core-private.h"

/**
 * ThrBackground:
 *
 * A function that is ready to be called in the background: with its manager,
 * callbacks and options, so that a call is only a call.
 *
 * Each [method@Thr.Background.call] is a new job.
 *
 * ```c
 * ThrBackground *send_mail = thr_background_new (NULL, do_send_mail, account, NULL);
 *
 * thr_background_set_on_end (send_mail, mail_sent, window, NULL);
 * ...
 * g_autoptr (ThrThreadWrapper) job = thr_background_call (send_mail, arguments, 2);
 * ```
 *
 * # Thread safety
 *
 * Every function may be called from any thread. A job belongs to the owner
 * context of its caller, as any job; what was given to the object itself is
 * released in the object's own owner context, that of its maker.
 *
 * # Shutdown
 *
 * Its jobs keep it alive.
 *
 * Since: 1.0
 */

enum
{
  ON_SUCCESS,
  ON_FAIL,
  ON_END,
  N_CALLBACKS,
};

/* A callback, shared by the background and those of its jobs that were made
 * while it was set. */
typedef struct
{
  gint ref_count;
  ThrCallback callback;
  ThrDispatcher *home; /* a reference: the background's */
} Shared;

struct _ThrBackground
{
  GObject parent_instance;
  ThrHome home;

  ThrThreadManager *manager; /* a reference */
  ThrCallback function;      /* a ThrBackgroundFunc */

  GMutex options_lock; /* guards what follows */
  Shared *callbacks[N_CALLBACKS];
  char *name;
  int priority;
};

enum
{
  PROP_0,
  PROP_MANAGER,
  PROP_NAME,
  PROP_PRIORITY,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (ThrBackground, thr_background, G_TYPE_OBJECT)

static void
shared_free (gpointer data)
{
  Shared *self = data;

  thr_callback_clear (&self->callback, self->home);
  thr_dispatcher_unref (self->home);
  g_free (self);
}

static Shared *
shared_ref (Shared *self)
{
  if (self != NULL)
    g_atomic_int_inc (&self->ref_count);
  return self;
}

static void
shared_unref (Shared *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  if (thr_dispatcher_is_home (self->home))
    shared_free (self);
  else
    thr_dispatcher_invoke (self->home, shared_free, self);
}

/* One call of it: the user data of a job. */
typedef struct
{
  ThrBackground *background; /* a reference */
  Shared *callbacks[N_CALLBACKS];
  gsize n_arguments;
  GValue arguments[];
} Call;

static Call *
call_new (ThrBackground *background,
          const GValue  *arguments,
          gsize          n_arguments)
{
  Call *self = g_malloc0 (sizeof (Call) + n_arguments * sizeof (GValue));

  self->background = g_object_ref (background);
  g_mutex_lock (&background->options_lock);
  for (guint i = 0; i < N_CALLBACKS; i++)
    self->callbacks[i] = shared_ref (background->callbacks[i]);
  g_mutex_unlock (&background->options_lock);
  self->n_arguments = n_arguments;
  for (gsize i = 0; i < n_arguments; i++)
    {
      g_value_init (&self->arguments[i], G_VALUE_TYPE (&arguments[i]));
      g_value_copy (&arguments[i], &self->arguments[i]);
    }
  return self;
}

/* In the job's owner context, which need not be the background's. */
static void
call_free (gpointer data)
{
  Call *self = data;
  ThrBackground *background = self->background;

  for (gsize i = 0; i < self->n_arguments; i++)
    g_value_unset (&self->arguments[i]);
  for (guint i = 0; i < N_CALLBACKS; i++)
    shared_unref (self->callbacks[i]);
  g_free (self);

  if (thr_dispatcher_is_home (background->home.dispatcher))
    g_object_unref (background);
  else
    thr_dispatcher_invoke (background->home.dispatcher, g_object_unref, background);
}

/* NULL where none is set. */
static ThrCallback *
callback_of (Call *self,
             guint which)
{
  Shared *shared = self->callbacks[which];

  return shared != NULL && shared->callback.func != NULL ? &shared->callback : NULL;
}

static gboolean
run_call (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  Call *call = user_data;
  ThrCallback *function = &call->background->function;

  return ((ThrBackgroundFunc) function->func) (thread, call->arguments, call->n_arguments,
                                               function->user_data, error);
}

static void
thr_background_dispose (GObject *object)
{
  ThrBackground *self = THR_BACKGROUND (object);

  if (!thr_home_dispose (&self->home))
    return;

  G_OBJECT_CLASS (thr_background_parent_class)->dispose (object);
}

static void
thr_background_finalize (GObject *object)
{
  ThrBackground *self = THR_BACKGROUND (object);
  ThrDispatcher *home = self->home.dispatcher;

  thr_assert_home (home);

  thr_callback_clear (&self->function, home);
  for (guint i = 0; i < N_CALLBACKS; i++)
    shared_unref (self->callbacks[i]);
  g_clear_object (&self->manager);
  g_mutex_clear (&self->options_lock);
  g_free (self->name);
  thr_home_clear (&self->home);
  G_OBJECT_CLASS (thr_background_parent_class)->finalize (object);
}

static void
thr_background_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  ThrBackground *self = THR_BACKGROUND (object);

  switch (prop_id)
    {
    case PROP_MANAGER:
      g_value_set_object (value, thr_background_get_manager (self));
      break;
    case PROP_NAME:
      g_value_take_string (value, thr_background_dup_name (self));
      break;
    case PROP_PRIORITY:
      g_value_set_int (value, thr_background_get_priority (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
thr_background_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  ThrBackground *self = THR_BACKGROUND (object);

  switch (prop_id)
    {
    case PROP_MANAGER:
      self->manager = g_value_dup_object (value);
      break;
    case PROP_NAME:
      thr_background_set_name (self, g_value_get_string (value));
      break;
    case PROP_PRIORITY:
      thr_background_set_priority (self, g_value_get_int (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
thr_background_class_init (ThrBackgroundClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readwrite =
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  G_STATIC_ASSERT (G_STRUCT_OFFSET (ThrBackground, home) == sizeof (GObject));

  thr_home_class_init (object_class);
  object_class->dispose = thr_background_dispose;
  object_class->finalize = thr_background_finalize;
  object_class->get_property = thr_background_get_property;
  object_class->set_property = thr_background_set_property;

  /**
   * ThrBackground:manager: (getter get_manager)
   *
   * The manager that runs the jobs.
   *
   * Since: 1.0
   */
  props[PROP_MANAGER] =
    g_param_spec_object ("manager", NULL, NULL, THR_TYPE_THREAD_MANAGER,
                         readwrite | G_PARAM_CONSTRUCT_ONLY);

  /**
   * ThrBackground:name: (getter dup_name) (setter set_name)
   *
   * The name that each job gets; `NULL` for its ident.
   *
   * Since: 1.0
   */
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, readwrite);

  /**
   * ThrBackground:priority: (getter get_priority) (setter set_priority)
   *
   * The priority that each job gets; a lower number runs earlier.
   *
   * Since: 1.0
   */
  props[PROP_PRIORITY] =
    g_param_spec_int ("priority", NULL, NULL, G_MININT, G_MAXINT, G_PRIORITY_DEFAULT, readwrite);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
thr_background_init (ThrBackground *self)
{
  thr_home_init (&self->home, thr_dispatcher_for_long_life ());
  g_mutex_init (&self->options_lock);
}

/**
 * thr_background_new: (constructor)
 * @manager: (nullable): the manager to run the jobs; `NULL` for the default one
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   object and its jobs are gone
 *
 * Makes a function ready to be called in the background.
 *
 * Returns: (transfer full): a new object
 *
 * Since: 1.0
 */
ThrBackground *
thr_background_new (ThrThreadManager *manager,
                    ThrBackgroundFunc func,
                    gpointer          user_data,
                    GDestroyNotify    destroy)
{
  ThrBackground *self;

  g_return_val_if_fail (manager == NULL || THR_IS_THREAD_MANAGER (manager), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  self = g_object_new (THR_TYPE_BACKGROUND, "manager", manager, NULL);
  self->function = (ThrCallback) { G_CALLBACK (func), user_data, destroy };
  return self;
}

/**
 * thr_background_call:
 * @self: a function ready to be called
 * @arguments: (array length=n_arguments) (nullable): what to give to the
 *   function; it is copied
 * @n_arguments: how many
 *
 * Calls the function in the background.
 *
 * Returns: (transfer full): the job
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_background_call (ThrBackground *self,
                     const GValue  *arguments,
                     gsize          n_arguments)
{
  g_autofree char *name = NULL;
  ThrThreadWrapper *job;
  ThrCallback *callback;
  Call *call;

  g_return_val_if_fail (THR_IS_BACKGROUND (self), NULL);
  g_return_val_if_fail (self->function.func != NULL, NULL);
  g_return_val_if_fail (arguments != NULL || n_arguments == 0, NULL);
  for (gsize i = 0; i < n_arguments; i++)
    g_return_val_if_fail (G_IS_VALUE (&arguments[i]), NULL);

  name = thr_background_dup_name (self);
  call = call_new (self, arguments, n_arguments);
  job = thr_thread_wrapper_new (name, run_call, call, call_free);
  thr_thread_wrapper_set_priority (job, thr_background_get_priority (self));
  if ((callback = callback_of (call, ON_SUCCESS)) != NULL)
    thr_thread_wrapper_set_on_success (job, (ThrSuccessFunc) callback->func, callback->user_data,
                                       NULL);
  if ((callback = callback_of (call, ON_FAIL)) != NULL)
    thr_thread_wrapper_set_on_fail (job, (ThrFailFunc) callback->func, callback->user_data, NULL);
  if ((callback = callback_of (call, ON_END)) != NULL)
    thr_thread_wrapper_set_on_end (job, (ThrEndFunc) callback->func, callback->user_data, NULL);
  thr_thread_manager_submit (thr_background_get_manager (self), job, NULL);
  return job;
}

static void
notify (gpointer data,
        guint    prop)
{
  ThrBackground *self = data;

  if (thr_gate_is_open ())
    thr_home_emit (&self->home, 1, &props[prop]);
  g_object_unref (self);
}

static void
notify_name (gpointer data)
{
  notify (data, PROP_NAME);
}

static void
notify_priority (gpointer data)
{
  notify (data, PROP_PRIORITY);
}

static void
notify_at_home (ThrBackground *self,
                void           (*func) (gpointer data))
{
  g_object_ref (self);
  if (thr_dispatcher_is_home (self->home.dispatcher))
    func (self);
  else
    thr_dispatcher_invoke (self->home.dispatcher, func, self);
}

/**
 * thr_background_get_manager: (get-property manager)
 * @self: a function ready to be called
 *
 * The manager that runs the jobs.
 *
 * Returns: (transfer none): the manager
 *
 * Since: 1.0
 */
ThrThreadManager *
thr_background_get_manager (ThrBackground *self)
{
  g_return_val_if_fail (THR_IS_BACKGROUND (self), NULL);

  return self->manager != NULL ? self->manager : thr_thread_manager_get_default ();
}

/**
 * thr_background_dup_name: (get-property name)
 * @self: a function ready to be called
 *
 * The name that each job gets.
 *
 * Returns: (transfer full) (nullable): the name, if one was set
 *
 * Since: 1.0
 */
char *
thr_background_dup_name (ThrBackground *self)
{
  char *name;

  g_return_val_if_fail (THR_IS_BACKGROUND (self), NULL);

  g_mutex_lock (&self->options_lock);
  name = g_strdup (self->name);
  g_mutex_unlock (&self->options_lock);
  return name;
}

/**
 * thr_background_set_name: (set-property name)
 * @self: a function ready to be called
 * @name: (nullable): the name for each job; `NULL` for its ident
 *
 * Names the jobs of the calls to come.
 *
 * Since: 1.0
 */
void
thr_background_set_name (ThrBackground *self,
                         const char    *name)
{
  g_autofree char *before = NULL;

  g_return_if_fail (THR_IS_BACKGROUND (self));

  g_mutex_lock (&self->options_lock);
  before = self->name;
  self->name = g_strdup (name);
  g_mutex_unlock (&self->options_lock);
  if (g_strcmp0 (before, name) != 0)
    notify_at_home (self, notify_name);
}

/**
 * thr_background_get_priority: (get-property priority)
 * @self: a function ready to be called
 *
 * The priority that each job gets.
 *
 * Returns: the priority; a lower number runs earlier
 *
 * Since: 1.0
 */
int
thr_background_get_priority (ThrBackground *self)
{
  int priority;

  g_return_val_if_fail (THR_IS_BACKGROUND (self), G_PRIORITY_DEFAULT);

  g_mutex_lock (&self->options_lock);
  priority = self->priority;
  g_mutex_unlock (&self->options_lock);
  return priority;
}

/**
 * thr_background_set_priority: (set-property priority)
 * @self: a function ready to be called
 * @priority: the priority for each job; a lower number runs earlier
 *
 * Sets the priority of the jobs of the calls to come.
 *
 * Since: 1.0
 */
void
thr_background_set_priority (ThrBackground *self,
                             int            priority)
{
  gboolean changed;

  g_return_if_fail (THR_IS_BACKGROUND (self));

  g_mutex_lock (&self->options_lock);
  changed = self->priority != priority;
  self->priority = priority;
  g_mutex_unlock (&self->options_lock);
  if (changed)
    notify_at_home (self, notify_priority);
}

static void
set_callback (ThrBackground *self,
              guint          which,
              GCallback      func,
              gpointer       user_data,
              GDestroyNotify destroy)
{
  Shared *shared = g_new (Shared, 1), *before;

  shared->ref_count = 1;
  shared->callback = (ThrCallback) { func, user_data, destroy };
  shared->home = thr_dispatcher_ref (self->home.dispatcher);

  g_mutex_lock (&self->options_lock);
  before = self->callbacks[which];
  self->callbacks[which] = shared;
  g_mutex_unlock (&self->options_lock);
  shared_unref (before);
}

/**
 * thr_background_set_on_success:
 * @self: a function ready to be called
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable):
 *   called with the result of each job, or `NULL` for nobody
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once
 *   it was replaced, or the object is gone, and so are the jobs that have it
 *
 * Sets what is called in a job's owner context when it succeeded, for the calls
 * to come.
 *
 * Since: 1.0
 */
void
thr_background_set_on_success (ThrBackground *self,
                               ThrSuccessFunc func,
                               gpointer       user_data,
                               GDestroyNotify destroy)
{
  g_return_if_fail (THR_IS_BACKGROUND (self));

  set_callback (self, ON_SUCCESS, G_CALLBACK (func), user_data, destroy);
}

/**
 * thr_background_set_on_fail:
 * @self: a function ready to be called
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable):
 *   called with the error of each job, or `NULL` for nobody
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once
 *   it was replaced, or the object is gone, and so are the jobs that have it
 *
 * Sets what is called in a job's owner context when it failed, for the calls to
 * come.
 *
 * Since: 1.0
 */
void
thr_background_set_on_fail (ThrBackground *self,
                            ThrFailFunc    func,
                            gpointer       user_data,
                            GDestroyNotify destroy)
{
  g_return_if_fail (THR_IS_BACKGROUND (self));

  set_callback (self, ON_FAIL, G_CALLBACK (func), user_data, destroy);
}

/**
 * thr_background_set_on_end:
 * @self: a function ready to be called
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable):
 *   called at the end of each job, or `NULL` for nobody
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once
 *   it was replaced, or the object is gone, and so are the jobs that have it
 *
 * Sets what is called in a job's owner context at its end, for the calls to
 * come.
 *
 * Since: 1.0
 */
void
thr_background_set_on_end (ThrBackground *self,
                           ThrEndFunc     func,
                           gpointer       user_data,
                           GDestroyNotify destroy)
{
  g_return_if_fail (THR_IS_BACKGROUND (self));

  set_callback (self, ON_END, G_CALLBACK (func), user_data, destroy);
}
