/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/thr-thimble-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "thimble/thr-nearest-private.h"
#include "threads/thr-job-private.h"

/* Signals of the target: whatever thread emits them, the handler is called in
 * the owner context of who connected it. */

/* Held by the thimble, by the closure that the target has, and by each emission
 * that is on its way home. */
typedef struct
{
  gint ref_count;
  char *name;
  ThrSignalFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  ThrDispatcher *owner; /* a reference */

  /* Emissions on their way home. One at home does not overtake those of before:
   * it goes the same way while there are any. Raised before the push, and
   * lowered at home by who delivers it: what home itself reads is exact for all
   * that was pushed before what it knows of; for any other there is no order. */
  _Atomic guint n_pending;

  GMutex thimble_lock;  /* guards thimble */
  ThrThimble *thimble;  /* not a reference; NULL once disconnected */
} Connection;

typedef struct
{
  Connection *connection; /* a reference */
  gsize n_arguments;
  GValue arguments[];
} Emission;

static Connection *
connection_ref (Connection *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

static void
connection_free (gpointer data)
{
  Connection *self = data;

  if (self->destroy != NULL && thr_gate_is_open ())
    {
      thr_assert_home (self->owner);
      self->destroy (self->user_data);
    }
  g_mutex_clear (&self->thimble_lock);
  thr_dispatcher_unref (self->owner);
  g_free (self->name);
  g_free (self);
}

static void
connection_unref (Connection *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  if (thr_dispatcher_is_home (self->owner))
    connection_free (self);
  else
    thr_dispatcher_invoke (self->owner, connection_free, self);
}

static void
connection_gone (gpointer  data,
                 GClosure *closure)
{
  connection_unref (data);
}

/* The thimble's dispose takes the lock before it lets go of the connection, so
 * that what is found here is not finalized yet, and holds from now on. */
static ThrThimble *
dup_thimble (Connection *self)
{
  ThrThimble *thimble;

  g_mutex_lock (&self->thimble_lock);
  thimble = self->thimble != NULL ? g_object_ref (self->thimble) : NULL;
  g_mutex_unlock (&self->thimble_lock);
  return thimble;
}

/* At the owner's home. */
static void
call_handler (Connection   *self,
              const GValue *arguments,
              gsize         n_arguments)
{
  ThrThimble *thimble = dup_thimble (self);

  GValue *packed = NULL;

  thr_assert_home (self->owner);
  if (thimble == NULL)
    return;
  if (thr_gate_is_open () && !thr_dispatcher_is_closed (self->owner))
    {
      if (thimble->pack_values)
        {
          arguments = packed = thr_values_copy (arguments, n_arguments);
          for (gsize i = 0; i < n_arguments; i++)
            thr_thimble_pack (thimble, &packed[i], FALSE);
        }
      self->func (thimble, self->name, n_arguments > 0 ? arguments : NULL, n_arguments,
                  self->user_data);
      if (packed != NULL)
        thr_values_free (packed, n_arguments);
    }
  g_object_unref (thimble);
}

static void
deliver (gpointer data)
{
  Emission *self = data;
  Connection *connection = self->connection;

  atomic_fetch_sub (&connection->n_pending, 1);
  call_handler (connection, self->arguments, self->n_arguments);
  for (gsize i = 0; i < self->n_arguments; i++)
    g_value_unset (&self->arguments[i]);
  g_free (self);
  connection_unref (connection);
}

/* On the thread that emits. */
static void
marshal (GClosure     *closure,
         GValue       *return_value,
         guint         n_values,
         const GValue *values,
         gpointer      hint,
         gpointer      marshal_data)
{
  Connection *self = closure->data;
  gsize n_arguments = n_values - 1;
  Emission *emission;

  if (atomic_load (&self->n_pending) == 0 && thr_dispatcher_is_home (self->owner))
    {
      call_handler (self, values + 1, n_arguments);
      return;
    }

  emission = g_malloc0 (sizeof (Emission) + n_arguments * sizeof (GValue));
  emission->connection = connection_ref (self);
  emission->n_arguments = n_arguments;
  for (gsize i = 0; i < n_arguments; i++)
    {
      g_value_init (&emission->arguments[i], G_VALUE_TYPE (&values[i + 1]));
      g_value_copy (&values[i + 1], &emission->arguments[i]);
    }
  atomic_fetch_add (&self->n_pending, 1);
  thr_invoke_in_order (self->owner, deliver, emission);
}

static const char *
find_like (const char *name,
           GType       type)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree GType *interfaces = g_type_interfaces (type, NULL);
  guint n_ids, n_types = 0;

  for (GType at = type; at != 0 || interfaces[n_types] != 0;)
    {
      g_autofree guint *ids = g_signal_list_ids (at != 0 ? at : interfaces[n_types++], &n_ids);

      for (guint i = 0; i < n_ids; i++)
        g_ptr_array_add (names, (gpointer) g_signal_name (ids[i]));
      at = at != 0 ? g_type_parent (at) : 0;
    }
  g_ptr_array_add (names, NULL);
  return thr_nearest_name (name, (const char * const *) names->pdata);
}

static gboolean
refuse_unknown (GType       type,
                const char *name,
                GError    **error)
{
  const char *like = find_like (name, type);

  if (like != NULL)
    g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                 _("%s has no signal “%s”: did you mean “%s”?"), g_type_name (type), name, like);
  else
    g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT, _("%s has no signal “%s”"),
                 g_type_name (type), name);
  return FALSE;
}

static gboolean
find_signal (GType       type,
             const char *name,
             guint      *id,
             GQuark     *detail,
             GError    **error)
{
  GSignalQuery query;

  if (!g_signal_parse_name (name, type, id, detail, TRUE))
    return refuse_unknown (type, name, error);

  g_signal_query (*id, &query);
  if ((query.return_type & ~G_SIGNAL_TYPE_STATIC_SCOPE) != G_TYPE_NONE)
    {
      g_set_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED,
                   _("The signal “%s” of %s wants an answer of type %s, which a handler in another "
                     "thread cannot give: connect to the target itself"),
                   name, g_type_name (type),
                   g_type_name (query.return_type & ~G_SIGNAL_TYPE_STATIC_SCOPE));
      return FALSE;
    }
  for (guint i = 0; i < query.n_params; i++)
    {
      GType param = query.param_types[i] & ~G_SIGNAL_TYPE_STATIC_SCOPE;

      if (g_type_fundamental (param) != G_TYPE_POINTER)
        continue;
      g_set_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED,
                   _("The signal “%s” of %s carries a bare pointer (%s, the argument %u), which "
                     "cannot be copied for another thread: connect to the target itself"),
                   name, g_type_name (type), g_type_name (param), i + 1);
      return FALSE;
    }
  return TRUE;
}

/**
 * thr_thimble_connect_signal:
 * @self: a thimble
 * @signal_name: a signal of the target, with a detail if it is to have one:
 *   "changed", "notify::label"
 * @func: (scope notified) (closure user_data) (destroy destroy): called when the
 *   target has emitted it
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data there too, once it is
 *   disconnected or the thimble is gone; at once if it is refused
 * @error: where to put an error
 *
 * Connects to a signal of the target, so that the handler is called in the
 * caller's owner context, whatever thread emits it.
 *
 * An emission on another thread does not wait for the handler: its arguments
 * are copied, and what they were at the time is what the handler gets, in the
 * order of the emissions. On the owner's own thread the handler is called inside
 * the emission, unless others are on their way.
 *
 * What the function of a job emits is delivered before the job's own end, where
 * both belong to the same owner context, as by [func@Thr.invoke_owner]; so the
 * handler cannot wait for that end.
 *
 * The connection does not keep the thimble alive, and ends with it.
 *
 * The error is `THR_ERROR_INVALID_ARGUMENT` where the target has no such signal,
 * `THR_ERROR_NOT_SUPPORTED` where the signal wants an answer from its handlers or
 * carries what cannot be copied, and `THR_ERROR_INVALID_STATE` where there is no
 * target, or it was disposed.
 *
 * Returns: a number for [method@Thr.Thimble.disconnect_signal]; 0 with an error
 *
 * Since: 1.0
 */
gulong
thr_thimble_connect_signal (ThrThimble    *self,
                            const char    *signal_name,
                            ThrSignalFunc  func,
                            gpointer       user_data,
                            GDestroyNotify destroy,
                            GError       **error)
{
  Connection *connection;
  GClosure *closure;
  GQuark detail;
  gulong handler;
  guint id;

  g_return_val_if_fail (THR_IS_THIMBLE (self), 0);
  g_return_val_if_fail (signal_name != NULL, 0);
  g_return_val_if_fail (func != NULL, 0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0);

  if (!thr_thimble_check_target (self, error))
    goto refused;
  if (self->target == NULL)
    {
      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                   _("A thimble of functions has no target, and so no signal “%s”"), signal_name);
      goto refused;
    }
  if (!find_signal (G_OBJECT_TYPE (self->target), signal_name, &id, &detail, error))
    goto refused;

  connection = g_new0 (Connection, 1);
  connection->ref_count = 2;
  connection->name = g_strdup (signal_name);
  connection->func = func;
  connection->user_data = user_data;
  connection->destroy = destroy;
  connection->owner = thr_dispatcher_for_maker ();
  connection->thimble = self;
  g_mutex_init (&connection->thimble_lock);

  closure = g_closure_new_simple (sizeof (GClosure), connection);
  g_closure_set_marshal (closure, marshal);
  g_closure_add_finalize_notifier (closure, connection, connection_gone);
  handler = g_signal_connect_closure_by_id (self->target, id, detail, closure, FALSE);

  g_mutex_lock (&self->connections_lock);
  if (self->connections == NULL)
    self->connections = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (self->connections, GSIZE_TO_POINTER (handler), connection);
  g_mutex_unlock (&self->connections_lock);
  return handler;

refused:
  if (destroy != NULL)
    destroy (user_data);
  return 0;
}

/* Takes the thimble's reference. */
static void
disconnect (ThrThimble *self,
            Connection *connection)
{
  g_mutex_lock (&connection->thimble_lock);
  connection->thimble = NULL;
  g_mutex_unlock (&connection->thimble_lock);
  /* By its data: it may be gone with a target that was disposed. */
  g_signal_handlers_disconnect_matched (self->target, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL,
                                        connection);
  connection_unref (connection);
}

void
thr_thimble_drop_connections (ThrThimble *self)
{
  GHashTable *connections;
  GHashTableIter iter;
  gpointer connection;

  g_mutex_lock (&self->connections_lock);
  connections = g_steal_pointer (&self->connections);
  g_mutex_unlock (&self->connections_lock);

  if (connections == NULL)
    return;
  g_hash_table_iter_init (&iter, connections);
  while (g_hash_table_iter_next (&iter, NULL, &connection))
    disconnect (self, connection);
  g_hash_table_unref (connections);
}

/**
 * thr_thimble_disconnect_signal:
 * @self: a thimble
 * @handler: what [method@Thr.Thimble.connect_signal] returned
 *
 * Disconnects a handler. Emissions that are on their way to it are dropped.
 *
 * Returns: `TRUE` if there was such a handler
 *
 * Since: 1.0
 */
gboolean
thr_thimble_disconnect_signal (ThrThimble *self,
                               gulong      handler)
{
  gpointer connection = NULL;

  g_return_val_if_fail (THR_IS_THIMBLE (self), FALSE);

  g_mutex_lock (&self->connections_lock);
  if (self->connections != NULL)
    g_hash_table_steal_extended (self->connections, GSIZE_TO_POINTER (handler), NULL, &connection);
  g_mutex_unlock (&self->connections_lock);

  if (connection == NULL)
    return FALSE;
  disconnect (self, connection);
  return TRUE;
}
