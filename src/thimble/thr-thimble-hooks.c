/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/thr-thimble-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"

/* A hook, held by the thimble and by each use that is about to call it, so that
 * it can be removed meanwhile, even by itself. */
typedef struct
{
  gint ref_count;
  guint id;
  char *member;
  ThrHookFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  ThrDispatcher *home; /* a reference: the thimble's */
} Hook;

static Hook *
hook_ref (Hook *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

static void
hook_free (gpointer data)
{
  Hook *self = data;

  if (self->destroy != NULL && thr_gate_is_open ())
    {
      thr_assert_home (self->home);
      self->destroy (self->user_data);
    }
  thr_dispatcher_unref (self->home);
  g_free (self->member);
  g_free (self);
}

static void
hook_unref (Hook *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  if (thr_dispatcher_is_home (self->home))
    hook_free (self);
  else
    thr_dispatcher_invoke (self->home, hook_free, self);
}

/* References to the hooks of the member, NULL if there is none. */
static GPtrArray *
collect (ThrThimble *self,
         const char *member)
{
  GPtrArray *hooks = NULL;

  g_mutex_lock (&self->hooks_lock);
  for (guint i = 0; self->hooks != NULL && i < self->hooks->len; i++)
    {
      Hook *hook = self->hooks->pdata[i];

      if (!g_str_equal (hook->member, member))
        continue;
      if (hooks == NULL)
        hooks = g_ptr_array_new_with_free_func ((GDestroyNotify) hook_unref);
      g_ptr_array_add (hooks, hook_ref (hook));
    }
  g_mutex_unlock (&self->hooks_lock);
  return hooks;
}

static gboolean
run_hook (ThrThimble *self,
          Hook       *hook,
          ThrAccess  *access,
          GError    **error)
{
  GError *failure = NULL;

  if (hook->func (self, access, hook->user_data, &failure))
    {
      if (failure == NULL)
        return TRUE;
      g_warning ("The hook of “%s” returned TRUE, but set an error: %s", hook->member,
                 failure->message);
      g_clear_error (&failure);
      return TRUE;
    }
  if (failure == NULL)
    g_set_error (&failure, THR_ERROR, THR_ERROR_FAILED,
                 _("The hook of “%s” returned FALSE without an error"), hook->member);
  g_propagate_error (error, failure);
  return FALSE;
}

gboolean
thr_thimble_run_hooks (ThrThimble   *self,
                       ThrAccessKind kind,
                       const char   *member,
                       const GValue *arguments,
                       gsize         n_arguments,
                       ThrAccess   **access,
                       GError      **error)
{
  g_autoptr (GPtrArray) hooks = NULL;
  g_autoptr (ThrAccess) seen = NULL;
  gboolean ok = TRUE;

  *access = NULL;
  if (atomic_load_explicit (&self->n_hooks, memory_order_relaxed) == 0 || !thr_gate_is_open ())
    return TRUE;
  hooks = collect (self, member);
  if (hooks == NULL)
    return TRUE;

  seen = thr_access_new (kind, member, arguments, n_arguments);
  for (guint i = 0; i < hooks->len && ok && !seen->has_result; i++)
    ok = run_hook (self, hooks->pdata[i], seen, error);
  /* A hook may have kept it. */
  thr_access_seal (seen);
  if (ok)
    *access = g_steal_pointer (&seen);
  return ok;
}

void
thr_thimble_drop_hooks (ThrThimble *self)
{
  GPtrArray *hooks;

  g_mutex_lock (&self->hooks_lock);
  hooks = g_steal_pointer (&self->hooks);
  atomic_store_explicit (&self->n_hooks, 0, memory_order_relaxed);
  g_mutex_unlock (&self->hooks_lock);
  g_clear_pointer (&hooks, g_ptr_array_unref);
}

/**
 * thr_thimble_add_hook:
 * @self: a thimble
 * @member: the name of a method, blocking or not, or of a property
 * @func: (scope notified) (closure user_data) (destroy destroy): called before
 *   the member is used
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   hook is removed, or the thimble is gone
 *
 * Adds a hook: a function that sees each use of a member before it is made
 * asynchronous, and may change it.
 *
 * It is called on the thread that uses the member, whichever that is. It can
 * change the arguments, replace the callee, give the result itself, or refuse:
 * see [class@Thr.Access]. Several hooks of one member are called in the order
 * they were added, each with what the one before made of it. The member need not
 * exist if its hook gives the result.
 *
 * Returns: the number of the hook, for [method@Thr.Thimble.remove_hook]; never 0
 *
 * Since: 1.0
 */
guint
thr_thimble_add_hook (ThrThimble    *self,
                      const char    *member,
                      ThrHookFunc    func,
                      gpointer       user_data,
                      GDestroyNotify destroy)
{
  Hook *hook;
  guint id;

  g_return_val_if_fail (THR_IS_THIMBLE (self), 0);
  g_return_val_if_fail (member != NULL, 0);
  g_return_val_if_fail (func != NULL, 0);

  hook = g_new (Hook, 1);
  hook->ref_count = 1;
  hook->member = g_strdup (member);
  hook->func = func;
  hook->user_data = user_data;
  hook->destroy = destroy;
  hook->home = thr_dispatcher_ref (self->home.dispatcher);

  g_mutex_lock (&self->hooks_lock);
  if (self->hooks == NULL)
    self->hooks = g_ptr_array_new_with_free_func ((GDestroyNotify) hook_unref);
  id = hook->id = ++self->last_hook;
  g_ptr_array_add (self->hooks, hook);
  atomic_store_explicit (&self->n_hooks, self->hooks->len, memory_order_relaxed);
  g_mutex_unlock (&self->hooks_lock);
  return id;
}

/**
 * thr_thimble_remove_hook:
 * @self: a thimble
 * @hook: what [method@Thr.Thimble.add_hook] returned
 *
 * Removes a hook. A use that is just calling it goes on with it.
 *
 * Returns: `TRUE` if there was such a hook
 *
 * Since: 1.0
 */
gboolean
thr_thimble_remove_hook (ThrThimble *self,
                         guint       hook)
{
  Hook *removed = NULL;

  g_return_val_if_fail (THR_IS_THIMBLE (self), FALSE);

  g_mutex_lock (&self->hooks_lock);
  for (guint i = 0; self->hooks != NULL && i < self->hooks->len && removed == NULL; i++)
    {
      if (((Hook *) self->hooks->pdata[i])->id == hook)
        removed = g_ptr_array_steal_index (self->hooks, i);
    }
  if (removed != NULL)
    atomic_store_explicit (&self->n_hooks, self->hooks->len, memory_order_relaxed);
  g_mutex_unlock (&self->hooks_lock);

  if (removed == NULL)
    return FALSE;
  hook_unref (removed);
  return TRUE;
}
