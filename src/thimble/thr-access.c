/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/thr-thimble-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "threads/thr-job-private.h"

/**
 * ThrAccessKind:
 * @THR_ACCESS_KIND_BLOCKING: a method that runs in the manager's threads
 * @THR_ACCESS_KIND_IMMEDIATE: a method that runs at once, on the calling thread
 * @THR_ACCESS_KIND_GET: a property that is read
 * @THR_ACCESS_KIND_SET: a property that is set
 *
 * In what way a member of a thimble is used.
 *
 * Since: 1.0
 */
G_DEFINE_ENUM_TYPE (ThrAccessKind, thr_access_kind,
                    G_DEFINE_ENUM_VALUE (THR_ACCESS_KIND_BLOCKING, "blocking"),
                    G_DEFINE_ENUM_VALUE (THR_ACCESS_KIND_IMMEDIATE, "immediate"),
                    G_DEFINE_ENUM_VALUE (THR_ACCESS_KIND_GET, "get"),
                    G_DEFINE_ENUM_VALUE (THR_ACCESS_KIND_SET, "set"))

/**
 * ThrAccess:
 *
 * One use of a member of a thimble, as a hook sees it before anything is done.
 *
 * The hook can change the arguments, have another member or a function of its
 * own called instead, or give the result so that nothing is called at all; see
 * [method@Thr.Thimble.add_hook]. Once the hooks of this use are over, it can
 * still be read, but changes are refused.
 *
 * ```c
 * static gboolean
 * use_cache (ThrThimble *thimble, ThrAccess *access, gpointer user_data, GError **error)
 * {
 *   const GValue *known = cache_lookup (user_data, thr_access_get_member (access));
 *
 *   if (known != NULL)
 *     thr_access_set_result (access, known);
 *   return TRUE;
 * }
 * ```
 *
 * # Thread safety
 *
 * While the hooks are called, an access belongs to the thread that calls them.
 * Once they are over it can be read on any thread.
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (ThrAccess, thr_access, G_TYPE_OBJECT)

/* The use that the hooks made ready may run on another thread, with the function
 * and the arguments that are here; so nothing is to change, nor to be freed, from
 * then on. No lock is needed for that: only the thread of the hooks can find
 * itself in changer, and it is this thread that clears it before it goes on. */
static gboolean
check_changeable (ThrAccess *self,
                  GError   **error)
{
  if (atomic_load_explicit (&self->changer, memory_order_relaxed) == g_thread_self ())
    return TRUE;
  g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
               _("This use of “%s” cannot be changed here, or not any more: change it in its hook, "
                 "before that returns, and on the thread that the hook is called on"),
               self->member);
  return FALSE;
}

/* For what has no error to give. */
static gboolean
is_changeable (ThrAccess  *self,
               const char *function)
{
  g_autoptr (GError) error = NULL;

  if (check_changeable (self, &error))
    return TRUE;
  g_critical ("%s: %s", function, error->message);
  return FALSE;
}

static void
drop_function (ThrAccess *self)
{
  ThrCallback function = { NULL, self->func_data, self->func_destroy };

  self->func = NULL;
  self->func_destroy = NULL;
  thr_callback_clear_at_home (&function, self->home.dispatcher);
}

static void
thr_access_dispose (GObject *object)
{
  ThrAccess *self = THR_ACCESS (object);

  if (!thr_home_dispose (&self->home))
    return;

  G_OBJECT_CLASS (thr_access_parent_class)->dispose (object);
}

static void
thr_access_finalize (GObject *object)
{
  ThrAccess *self = THR_ACCESS (object);

  thr_assert_home (self->home.dispatcher);

  drop_function (self);
  thr_values_free (self->arguments, self->n_arguments);
  if (THR_VALUE_IS_SET (&self->result))
    g_value_unset (&self->result);
  g_free (self->member);
  g_free (self->callee);
  thr_home_clear (&self->home);
  G_OBJECT_CLASS (thr_access_parent_class)->finalize (object);
}

static void
thr_access_class_init (ThrAccessClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  G_STATIC_ASSERT (G_STRUCT_OFFSET (ThrAccess, home) == sizeof (GObject));

  thr_home_class_init (object_class);
  object_class->dispose = thr_access_dispose;
  object_class->finalize = thr_access_finalize;
}

static void
thr_access_init (ThrAccess *self)
{
  thr_home_init (&self->home, thr_dispatcher_for_maker ());
}

ThrAccess *
thr_access_new (ThrAccessKind kind,
                const char   *member,
                const GValue *arguments,
                gsize         n_arguments)
{
  ThrAccess *self = g_object_new (THR_TYPE_ACCESS, NULL);

  self->kind = kind;
  self->member = g_strdup (member);
  self->arguments = thr_values_copy (arguments, n_arguments);
  self->n_arguments = n_arguments;
  atomic_store_explicit (&self->changer, g_thread_self (), memory_order_relaxed);
  return self;
}

void
thr_access_seal (ThrAccess *self)
{
  atomic_store_explicit (&self->changer, NULL, memory_order_relaxed);
}

/**
 * thr_access_get_kind:
 * @self: an access
 *
 * In what way the member is used.
 *
 * Returns: the kind
 *
 * Since: 1.0
 */
ThrAccessKind
thr_access_get_kind (ThrAccess *self)
{
  g_return_val_if_fail (THR_IS_ACCESS (self), THR_ACCESS_KIND_BLOCKING);

  return self->kind;
}

/**
 * thr_access_get_member:
 * @self: an access
 *
 * The name of the method or property, as its user gave it.
 *
 * Returns: (transfer none): the name
 *
 * Since: 1.0
 */
const char *
thr_access_get_member (ThrAccess *self)
{
  g_return_val_if_fail (THR_IS_ACCESS (self), NULL);

  return self->member;
}

/**
 * thr_access_get_n_arguments:
 * @self: an access
 *
 * How many arguments there are.
 *
 * A property that is set has one, the value, and one that is read has none.
 *
 * Returns: the number of arguments
 *
 * Since: 1.0
 */
guint
thr_access_get_n_arguments (ThrAccess *self)
{
  g_return_val_if_fail (THR_IS_ACCESS (self), 0);

  return self->n_arguments;
}

/**
 * thr_access_get_argument:
 * @self: an access
 * @index: which argument, from 0
 *
 * An argument, as the user of the member or a hook before this one gave it.
 *
 * Returns: (transfer none) (nullable): the argument, valid until the arguments
 *   are replaced or the access is gone; `NULL` if there are not so many
 *
 * Since: 1.0
 */
const GValue *
thr_access_get_argument (ThrAccess *self,
                         guint      index)
{
  g_return_val_if_fail (THR_IS_ACCESS (self), NULL);

  return index < self->n_arguments ? &self->arguments[index] : NULL;
}

/**
 * thr_access_set_arguments:
 * @self: an access
 * @arguments: (array length=n_arguments) (nullable): what to use instead; they
 *   are copied
 * @n_arguments: how many
 *
 * Replaces all arguments, or the value that a property is set to.
 *
 * To be called in a hook, on its thread; later it changes nothing, and logs that.
 *
 * Since: 1.0
 */
void
thr_access_set_arguments (ThrAccess    *self,
                          const GValue *arguments,
                          gsize         n_arguments)
{
  GValue *before;
  gsize n_before;

  g_return_if_fail (THR_IS_ACCESS (self));
  g_return_if_fail (arguments != NULL || n_arguments == 0);
  for (gsize i = 0; i < n_arguments; i++)
    g_return_if_fail (G_IS_VALUE (&arguments[i]));
  if (!is_changeable (self, G_STRFUNC))
    return;

  before = self->arguments;
  n_before = self->n_arguments;
  self->arguments = thr_values_copy (arguments, n_arguments);
  self->n_arguments = n_arguments;
  thr_values_free (before, n_before);
}

/**
 * thr_access_set_callee:
 * @self: an access
 * @member: the name of another method, or property, of the same target
 *
 * Has another member used instead, in the same way: a blocking method stays
 * one, whatever the other is listed as.
 *
 * To be called in a hook, on its thread; later it changes nothing, and logs that.
 *
 * Since: 1.0
 */
void
thr_access_set_callee (ThrAccess  *self,
                       const char *member)
{
  char *copy;

  g_return_if_fail (THR_IS_ACCESS (self));
  g_return_if_fail (member != NULL);
  if (!is_changeable (self, G_STRFUNC))
    return;

  copy = g_strdup (member);
  g_free (self->callee);
  self->callee = copy;
}

/**
 * thr_access_set_function:
 * @self: an access
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context of the call
 * @error: where to put an error
 *
 * Has a function called in place of a blocking method, on the background
 * thread; it gives its result as that of any job does.
 *
 * With [func@Thr.invoke_owner] it can bring home what the method would call
 * there.
 *
 * The error is `THR_ERROR_INVALID_STATE` where the member is not a blocking
 * method: call what is to be called right in the hook, and give the result. It is
 * the same where this is not called in a hook, on its thread. @destroy is called
 * at once then.
 *
 * Returns: `TRUE` if @func will be called
 *
 * Since: 1.0
 */
gboolean
thr_access_set_function (ThrAccess     *self,
                         ThrThreadFunc  func,
                         gpointer       user_data,
                         GDestroyNotify destroy,
                         GError       **error)
{
  gboolean changeable;

  g_return_val_if_fail (THR_IS_ACCESS (self), FALSE);
  g_return_val_if_fail (func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  changeable = check_changeable (self, error);
  if (!changeable || self->kind != THR_ACCESS_KIND_BLOCKING)
    {
      if (changeable)
        g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                     _("“%s” does not run on a background thread: call the function in the hook, "
                       "and give the result"),
                     self->member);
      if (destroy != NULL)
        destroy (user_data);
      return FALSE;
    }

  drop_function (self);
  self->func = func;
  self->func_data = user_data;
  self->func_destroy = destroy;
  return TRUE;
}

/**
 * thr_access_set_result:
 * @self: an access
 * @result: (nullable): the result, which is copied; `NULL` for none
 *
 * Gives the result, so that nothing is called, and no hook after this one.
 *
 * To be called in a hook, on its thread; later it changes nothing, and logs that.
 *
 * Since: 1.0
 */
void
thr_access_set_result (ThrAccess    *self,
                       const GValue *result)
{
  GValue before;

  g_return_if_fail (THR_IS_ACCESS (self));
  g_return_if_fail (result == NULL || G_IS_VALUE (result));
  if (!is_changeable (self, G_STRFUNC))
    return;

  before = self->result;
  self->has_result = TRUE;
  self->result = (GValue) G_VALUE_INIT;
  if (result != NULL)
    thr_value_give (&self->result, result);
  if (THR_VALUE_IS_SET (&before))
    g_value_unset (&before);
}
