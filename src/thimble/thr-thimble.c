/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/thr-thimble-private.h"

#include <string.h>

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"

/**
 * ThrThimble:
 *
 * Any object with blocking methods, called without blocking.
 *
 * A thimble has a target, of any class that there is introspection data for, and
 * calls its methods by name. The methods that are listed as blocking run in the
 * threads of a manager, and what they give comes to the caller's owner context;
 * all others run at once.
 *
 * ```c
 * g_autoptr (GFile) file = g_file_new_for_path ("/etc/os-release");
 * g_autoptr (ThrThimble) thimble = thr_thimble_new (G_OBJECT (file), NULL, NULL);
 *
 * thr_thimble_call (thimble, "load_contents", NULL, 0, NULL, loaded_cb, NULL);
 * ```
 *
 * With no manager given a thimble makes one of its own, that runs one method at
 * a time. One manager for many thimbles runs as many as its
 * [property@Thr.ThreadManager:thread-limit] says; then it is the caller's to know
 * that the target can be used from several threads at once. Each call of a
 * blocking method is one job of the manager.
 *
 * Methods that are not listed, and properties, are used on the calling thread,
 * also while a listed one runs: that is the caller's risk too, unless
 * [property@Thr.Thimble:serialize-all] is set.
 *
 * # Thread safety
 *
 * Every function may be called from any thread. A call belongs to the owner
 * context of the thread that makes it: its callback comes there, and target,
 * arguments and results are released there.
 *
 * # Shutdown
 *
 * Each call keeps the thimble and its target alive until its callback has run. A
 * manager that nobody had started is started by the first blocking call, and
 * stopped when the application (the default one at that time) shuts down, or by
 * [func@Thr.shutdown]; one that was started is left alone. A call after that
 * fails with `THR_ERROR_STOPPED`.
 *
 * Since: 1.0
 */

enum
{
  PROP_0,
  PROP_TARGET,
  PROP_MANAGER,
  PROP_BLOCKING_METHODS,
  PROP_SERIALIZE_ALL,
  PROP_PACK_VALUES,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (ThrThimble, thr_thimble, G_TYPE_OBJECT)

/* ---- values ---- */

void
thr_value_give (GValue       *place,
                const GValue *value)
{
  GValue before = *place;

  *place = (GValue) G_VALUE_INIT;
  if (value != NULL && THR_VALUE_IS_SET (value))
    {
      g_value_init (place, G_VALUE_TYPE (value));
      g_value_copy (value, place);
    }
  else
    g_value_init (place, G_TYPE_STRING);
  if (THR_VALUE_IS_SET (&before))
    g_value_unset (&before);
}

GValue *
thr_values_copy (const GValue *values,
                 gsize         n_values)
{
  GValue *copies = n_values > 0 ? g_new0 (GValue, n_values) : NULL;

  for (gsize i = 0; i < n_values; i++)
    thr_value_give (&copies[i], &values[i]);
  return copies;
}

void
thr_values_free (GValue *values,
                 gsize   n_values)
{
  for (gsize i = 0; i < n_values; i++)
    g_value_unset (&values[i]);
  g_free (values);
}

/* ---- the target ---- */

static void
target_state_unref (ThrTargetState *self)
{
  if (g_atomic_int_dec_and_test (&self->ref_count))
    g_free (self);
}

static void
never_cb (GObject    *target,
          GParamSpec *pspec,
          gpointer    user_data)
{
}

static void
target_left_cb (gpointer  data,
                GClosure *closure)
{
  ThrTargetState *state = data;

  atomic_store_explicit (&state->disposed, TRUE, memory_order_relaxed);
  target_state_unref (state);
}

/* An object that is disposed loses its handlers, on whatever thread: by that it
 * is seen, with a handler for a property that no object has. A weak reference
 * could not be taken back while another thread disposes the target. */
static ThrTargetState *
watch_target (GObject *target)
{
  ThrTargetState *state = g_new0 (ThrTargetState, 1);

  state->ref_count = 2;
  g_signal_connect_data (target, "notify::thr-never", G_CALLBACK (never_cb), state, target_left_cb,
                         0);
  return state;
}

gboolean
thr_thimble_check_target (ThrThimble *self,
                          GError    **error)
{
  if (self->target_state == NULL ||
      !atomic_load_explicit (&self->target_state->disposed, memory_order_relaxed))
    return TRUE;
  g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
               _("The target of this thimble, a %s, was disposed: make a thimble for another one"),
               thr_thimble_get_type_name (self));
  return FALSE;
}

/* With serialize-all, what runs at once must not run beside a blocking method. */
gboolean
thr_thimble_check_busy (ThrThimble *self,
                        const char *member,
                        GError    **error)
{
  if (!atomic_load_explicit (&self->serialize_all, memory_order_relaxed) ||
      atomic_load (&self->n_under_way) == 0)
    return TRUE;
  g_set_error (error, THR_ERROR, THR_ERROR_BUSY,
               _("“%s” cannot be used now, since a blocking method of the same %s is under way: "
                 "wait for its callback"),
               member, thr_thimble_get_type_name (self));
  return FALSE;
}

const char *
thr_thimble_get_type_name (ThrThimble *self)
{
  return self->target != NULL ? G_OBJECT_TYPE_NAME (self->target) : "functions";
}

/* ---- the list of blocking methods ---- */

static void
read_blocking_methods (ThrThimble *self)
{
  if (self->blocking_methods == NULL)
    return;

  self->blocking_names = g_hash_table_new (g_str_hash, g_str_equal);
  self->blocking_patterns = g_ptr_array_new_with_free_func ((GDestroyNotify) g_pattern_spec_free);
  for (char **name = self->blocking_methods; *name != NULL; name++)
    {
      if (strpbrk (*name, "*?") != NULL)
        g_ptr_array_add (self->blocking_patterns, g_pattern_spec_new (*name));
      else
        g_hash_table_add (self->blocking_names, *name);
    }
}

/* ---- the class ---- */

static void
thr_thimble_constructed (GObject *object)
{
  ThrThimble *self = THR_THIMBLE (object);

  G_OBJECT_CLASS (thr_thimble_parent_class)->constructed (object);

  if (self->target != NULL)
    self->target_state = watch_target (self->target);
  if (self->manager == NULL)
    self->manager = thr_thimble_make_manager (self);
  read_blocking_methods (self);
}

static void
thr_thimble_dispose (GObject *object)
{
  ThrThimble *self = THR_THIMBLE (object);

  if (!thr_home_dispose (&self->home))
    return;

  thr_thimble_drop_connections (self);
  thr_thimble_drop_hooks (self);
  G_OBJECT_CLASS (thr_thimble_parent_class)->dispose (object);
}

static void
thr_thimble_finalize (GObject *object)
{
  ThrThimble *self = THR_THIMBLE (object);

  thr_assert_home (self->home.dispatcher);

  /* What was added between dispose and here by who found the thimble. */
  thr_thimble_drop_connections (self);
  thr_thimble_drop_hooks (self);
  if (self->target_state != NULL)
    {
      g_signal_handlers_disconnect_matched (self->target, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL,
                                            self->target_state);
      target_state_unref (self->target_state);
    }
  g_clear_object (&self->target);
  g_clear_object (&self->manager);
  g_clear_pointer (&self->blocking_names, g_hash_table_unref);
  g_clear_pointer (&self->blocking_patterns, g_ptr_array_unref);
  g_strfreev (self->blocking_methods);
  g_mutex_clear (&self->hooks_lock);
  g_mutex_clear (&self->connections_lock);
  thr_home_clear (&self->home);
  G_OBJECT_CLASS (thr_thimble_parent_class)->finalize (object);
}

static void
thr_thimble_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  ThrThimble *self = THR_THIMBLE (object);

  switch (prop_id)
    {
    case PROP_TARGET:
      g_value_set_object (value, self->target);
      break;
    case PROP_MANAGER:
      g_value_set_object (value, self->manager);
      break;
    case PROP_BLOCKING_METHODS:
      g_value_set_boxed (value, self->blocking_methods);
      break;
    case PROP_SERIALIZE_ALL:
      g_value_set_boolean (value, thr_thimble_get_serialize_all (self));
      break;
    case PROP_PACK_VALUES:
      g_value_set_boolean (value, self->pack_values);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
thr_thimble_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  ThrThimble *self = THR_THIMBLE (object);

  switch (prop_id)
    {
    case PROP_TARGET:
      self->target = g_value_get_object (value);
      if (self->target != NULL)
        g_object_ref_sink (self->target);
      break;
    case PROP_MANAGER:
      self->manager = g_value_dup_object (value);
      break;
    case PROP_BLOCKING_METHODS:
      self->blocking_methods = g_value_dup_boxed (value);
      break;
    case PROP_SERIALIZE_ALL:
      thr_thimble_set_serialize_all (self, g_value_get_boolean (value));
      break;
    case PROP_PACK_VALUES:
      self->pack_values = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
thr_thimble_class_init (ThrThimbleClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readwrite =
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  G_STATIC_ASSERT (G_STRUCT_OFFSET (ThrThimble, home) == sizeof (GObject));

  thr_home_class_init (object_class);
  object_class->constructed = thr_thimble_constructed;
  object_class->dispose = thr_thimble_dispose;
  object_class->finalize = thr_thimble_finalize;
  object_class->get_property = thr_thimble_get_property;
  object_class->set_property = thr_thimble_set_property;

  /**
   * ThrThimble:target: (getter get_target)
   *
   * The object whose methods are called; `NULL` for a thimble of functions.
   *
   * Since: 1.0
   */
  props[PROP_TARGET] = g_param_spec_object ("target", NULL, NULL, G_TYPE_OBJECT,
                                            readwrite | G_PARAM_CONSTRUCT_ONLY);

  /**
   * ThrThimble:manager: (getter get_manager)
   *
   * The manager that runs the blocking methods.
   *
   * `NULL` at construction makes one that runs one method at a time.
   *
   * Since: 1.0
   */
  props[PROP_MANAGER] = g_param_spec_object ("manager", NULL, NULL, THR_TYPE_THREAD_MANAGER,
                                             readwrite | G_PARAM_CONSTRUCT_ONLY);

  /**
   * ThrThimble:blocking-methods: (getter get_blocking_methods)
   *
   * The methods that run in the manager's threads: names, or patterns with `*`
   * and `?`; `NULL` for all.
   *
   * Since: 1.0
   */
  props[PROP_BLOCKING_METHODS] = g_param_spec_boxed ("blocking-methods", NULL, NULL, G_TYPE_STRV,
                                                     readwrite | G_PARAM_CONSTRUCT_ONLY);

  /**
   * ThrThimble:serialize-all: (getter get_serialize_all) (setter set_serialize_all)
   *
   * Whether methods that are not listed, and properties, are refused with
   * `THR_ERROR_BUSY` while a blocking method is queued or runs.
   *
   * It is meant for a thimble that is used from one thread; the blocking methods
   * themselves run one after the other if the manager's
   * [property@Thr.ThreadManager:thread-limit] is 1.
   *
   * Since: 1.0
   */
  props[PROP_SERIALIZE_ALL] =
    g_param_spec_boolean ("serialize-all", NULL, NULL, FALSE, readwrite);

  /**
   * ThrThimble:pack-values: (getter get_pack_values)
   *
   * Whether values come packed, for a language whose numbers are doubles.
   *
   * An integer of 64 bits then comes as a [struct@GLib.Variant] of type `x` or
   * `t`, and a variant inside one of type `v`, so that it is told from a list,
   * which comes as a variant in any case. That holds for the results of methods,
   * for what signals carry, and for properties of the target.
   *
   * Since: 1.0
   */
  props[PROP_PACK_VALUES] =
    g_param_spec_boolean ("pack-values", NULL, NULL, FALSE, readwrite | G_PARAM_CONSTRUCT_ONLY);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
thr_thimble_init (ThrThimble *self)
{
  thr_home_init (&self->home, thr_dispatcher_for_long_life ());
  g_mutex_init (&self->hooks_lock);
  g_mutex_init (&self->connections_lock);
}

/**
 * thr_thimble_new: (constructor)
 * @target: the object whose methods are to be called; a floating reference is
 *   taken
 * @manager: (nullable): the manager to run the blocking ones; `NULL` for one of
 *   its own, which runs one at a time
 * @blocking_methods: (array zero-terminated=1) (nullable): which methods block:
 *   names, or patterns such as "*_sync"; `NULL` for all
 *
 * Makes a thimble for an object.
 *
 * Nothing of the target is looked at yet: a wrong name shows when it is called.
 *
 * Returns: (transfer full): a new thimble
 *
 * Since: 1.0
 */
ThrThimble *
thr_thimble_new (GObject            *target,
                 ThrThreadManager   *manager,
                 const char * const *blocking_methods)
{
  g_return_val_if_fail (G_IS_OBJECT (target), NULL);
  g_return_val_if_fail (manager == NULL || THR_IS_THREAD_MANAGER (manager), NULL);

  return g_object_new (THR_TYPE_THIMBLE, "target", target, "manager", manager, "blocking-methods",
                       blocking_methods, NULL);
}

/**
 * thr_thimble_new_static: (constructor)
 * @manager: (nullable): the manager to run the blocking ones; `NULL` for one of
 *   its own, which runs one at a time
 * @blocking_functions: (array zero-terminated=1) (nullable): which functions
 *   block: names, or patterns such as "GdkPixbuf.*"; `NULL` for all
 *
 * Makes a thimble for functions and constructors, which have no object.
 *
 * They are called by the name of their namespace and their own, with the class
 * in between if they have one: "GLib.file_get_contents",
 * "GdkPixbuf.Pixbuf.new_from_file".
 *
 * Returns: (transfer full): a new thimble
 *
 * Since: 1.0
 */
ThrThimble *
thr_thimble_new_static (ThrThreadManager   *manager,
                        const char * const *blocking_functions)
{
  g_return_val_if_fail (manager == NULL || THR_IS_THREAD_MANAGER (manager), NULL);

  return g_object_new (THR_TYPE_THIMBLE, "manager", manager, "blocking-methods",
                       blocking_functions, NULL);
}

/**
 * thr_thimble_require:
 * @name: a namespace, such as "Gio"
 * @version: (nullable): its version, such as "2.0"; `NULL` for the newest
 * @error: where to put an error
 *
 * Loads the introspection data of a library, so that the methods of its objects
 * are known, and its functions in that version.
 *
 * Mostly that is not needed: data is looked for by the class of a target.
 *
 * The error says what is not installed, or is `THR_ERROR_NO_BACKEND`.
 *
 * Returns: `TRUE` if it is there
 *
 * Since: 1.0
 */
gboolean
thr_thimble_require (const char *name,
                     const char *version,
                     GError    **error)
{
  const ThrBackend *backend;

  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  backend = thr_backend_get (error);
  return backend != NULL && backend->require (name, version, error);
}

/**
 * thr_thimble_is_blocking:
 * @self: a thimble
 * @method: the name of a method or function
 *
 * Whether a method of this name is listed as blocking; it need not exist.
 *
 * Returns: `TRUE` if it runs in the manager's threads
 *
 * Since: 1.0
 */
gboolean
thr_thimble_is_blocking (ThrThimble *self,
                         const char *method)
{
  gsize length;

  g_return_val_if_fail (THR_IS_THIMBLE (self), FALSE);
  g_return_val_if_fail (method != NULL, FALSE);

  if (self->blocking_methods == NULL || g_hash_table_contains (self->blocking_names, method))
    return TRUE;
  length = self->blocking_patterns->len > 0 ? strlen (method) : 0;
  for (guint i = 0; i < self->blocking_patterns->len; i++)
    {
      if (g_pattern_spec_match (self->blocking_patterns->pdata[i], length, method, NULL))
        return TRUE;
    }
  return FALSE;
}

/**
 * thr_thimble_has_method:
 * @self: a thimble
 * @method: the name of a method or function
 * @error: where to put an error
 *
 * Whether a method of this name can be called.
 *
 * The error says why that is not known: `THR_ERROR_NO_BACKEND` if the module for
 * all this cannot be loaded. That there is no such method, or that it cannot be
 * called by name, is none.
 *
 * Returns: `TRUE` if it can; `FALSE` if it cannot, and with an error
 *
 * Since: 1.0
 */
gboolean
thr_thimble_has_method (ThrThimble *self,
                        const char *method,
                        GError    **error)
{
  const ThrBackend *backend;

  g_return_val_if_fail (THR_IS_THIMBLE (self), FALSE);
  g_return_val_if_fail (method != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  backend = thr_backend_get (error);
  if (backend == NULL)
    return FALSE;
  return (self->target != NULL ? backend->find_method (G_OBJECT_TYPE (self->target), method, NULL)
                               : backend->find_function (method, NULL)) != NULL;
}

/**
 * thr_thimble_list_methods:
 * @self: a thimble
 * @error: where to put an error
 *
 * The names of all methods of the target's class, its parents and interfaces,
 * also of those that cannot be called by name.
 *
 * The error is `THR_ERROR_NO_SUCH_METHOD` where nothing describes the target,
 * `THR_ERROR_INVALID_STATE` where there is none, or `THR_ERROR_NO_BACKEND`.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, sorted
 *
 * Since: 1.0
 */
char **
thr_thimble_list_methods (ThrThimble *self,
                          GError    **error)
{
  const ThrBackend *backend;

  g_return_val_if_fail (THR_IS_THIMBLE (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (self->target == NULL)
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                           _("A thimble of functions has no target, and so no list of methods"));
      return NULL;
    }
  backend = thr_backend_get (error);
  return backend != NULL ? backend->list_methods (G_OBJECT_TYPE (self->target), error) : NULL;
}

/**
 * thr_thimble_get_target: (get-property target)
 * @self: a thimble
 *
 * The object whose methods are called.
 *
 * Returns: (transfer none) (nullable): the target; `NULL` for a thimble of
 *   functions
 *
 * Since: 1.0
 */
GObject *
thr_thimble_get_target (ThrThimble *self)
{
  g_return_val_if_fail (THR_IS_THIMBLE (self), NULL);

  return self->target;
}

/**
 * thr_thimble_get_manager: (get-property manager)
 * @self: a thimble
 *
 * The manager that runs the blocking methods.
 *
 * Returns: (transfer none): the manager
 *
 * Since: 1.0
 */
ThrThreadManager *
thr_thimble_get_manager (ThrThimble *self)
{
  g_return_val_if_fail (THR_IS_THIMBLE (self), NULL);

  return self->manager;
}

/**
 * thr_thimble_get_blocking_methods: (get-property blocking-methods)
 * @self: a thimble
 *
 * The methods that run in the manager's threads.
 *
 * Returns: (transfer none) (array zero-terminated=1) (nullable): names and
 *   patterns; `NULL` for all methods
 *
 * Since: 1.0
 */
const char * const *
thr_thimble_get_blocking_methods (ThrThimble *self)
{
  g_return_val_if_fail (THR_IS_THIMBLE (self), NULL);

  return (const char * const *) self->blocking_methods;
}

/**
 * thr_thimble_get_serialize_all: (get-property serialize-all)
 * @self: a thimble
 *
 * Whether what runs at once is refused while a blocking method is under way.
 *
 * Returns: `TRUE` if it is
 *
 * Since: 1.0
 */
gboolean
thr_thimble_get_serialize_all (ThrThimble *self)
{
  g_return_val_if_fail (THR_IS_THIMBLE (self), FALSE);

  return atomic_load_explicit (&self->serialize_all, memory_order_relaxed);
}

static void
notify_serialize_all (gpointer data)
{
  ThrThimble *self = data;

  if (thr_gate_is_open ())
    thr_home_emit (&self->home, 1, &props[PROP_SERIALIZE_ALL]);
  g_object_unref (self);
}

/**
 * thr_thimble_set_serialize_all: (set-property serialize-all)
 * @self: a thimble
 * @serialize_all: whether to refuse it
 *
 * Sets whether what runs at once, methods and properties, is refused with
 * `THR_ERROR_BUSY` while a blocking method is under way.
 *
 * Since: 1.0
 */
void
thr_thimble_set_serialize_all (ThrThimble *self,
                               gboolean    serialize_all)
{
  g_return_if_fail (THR_IS_THIMBLE (self));

  if (atomic_exchange_explicit (&self->serialize_all, !!serialize_all, memory_order_relaxed) ==
      !!serialize_all)
    return;
  if (thr_dispatcher_is_home (self->home.dispatcher))
    notify_serialize_all (g_object_ref (self));
  else
    thr_dispatcher_invoke (self->home.dispatcher, notify_serialize_all, g_object_ref (self));
}
