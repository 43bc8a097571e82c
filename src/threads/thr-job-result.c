/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

/* ---- the outcome, for the other thr-job-*.c files ---- */

/* A value that may be somebody else's goes home to be released. */
static void
release_at_home (ThrThreadWrapper *self,
                 GValue           *value)
{
  ThrJobExtra *extra;
  ThrSpot *spot;

  if (value->g_type == 0)
    return;

  extra = thr_job_extra (self);
  spot = thr_parking_spot (self);
  g_mutex_lock (&spot->lock);
  extra->garbage = g_slist_prepend (extra->garbage, g_memdup2 (value, sizeof *value));
  g_mutex_unlock (&spot->lock);
  *value = (GValue) G_VALUE_INIT;
}

/* At home: releases what was sent there for that. */
void
thr_job_free_garbage (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);
  ThrSpot *spot = thr_parking_spot (self);
  GSList *garbage;

  if (extra == NULL)
    return;
  thr_assert_home (self->home.dispatcher);
  g_mutex_lock (&spot->lock);
  garbage = extra->n_readers == 0 ? g_steal_pointer (&extra->garbage) : NULL;
  g_mutex_unlock (&spot->lock);

  while (garbage != NULL)
    {
      GValue *value = garbage->data;

      garbage = g_slist_delete_link (garbage, garbage);
      g_value_unset (value);
      g_free (value);
    }
}

/* By who ends the job, before thr_job_set_ended(); takes the error. */
void
thr_job_set_failure (ThrThreadWrapper *self,
                     GError           *error)
{
  release_at_home (self, &self->result);
  self->error = error;
  atomic_fetch_or (&self->home.flags, THR_JOB_FAILED);
}

ThrEnd
thr_job_set_done (ThrThreadWrapper *self)
{
  ThrSpot *spot = thr_parking_spot (self);
  guint before;

  atomic_store_explicit (&self->ended_at, g_get_monotonic_time (), memory_order_relaxed);
  before = atomic_fetch_or (&self->home.flags, THR_JOB_DONE | THR_JOB_POSTED);
  return (ThrEnd) { before & THR_JOB_POSTED ? NULL : self, before & THR_JOB_WAITED ? spot : NULL };
}

void
thr_job_announce_end (ThrEnd *end)
{
  if (end->post != NULL)
    thr_dispatcher_push (end->post->home.dispatcher, &end->post->home.node);
  if (end->wake != NULL)
    thr_spot_wake (end->wake);
}

/* For who may be on any thread, and hold the last reference. */
void
thr_job_unref_at_home (ThrThreadWrapper *self)
{
  if (thr_dispatcher_is_home (self->home.dispatcher))
    g_object_unref (self);
  else
    thr_dispatcher_invoke (self->home.dispatcher, g_object_unref, self);
}

/* Why a job ends that was asked to. */
GError *
thr_job_ending_error (ThrThreadWrapper *self)
{
  guint control = atomic_load (&self->home.control);
  g_autofree char *name = thr_thread_wrapper_dup_name (self);

  if (control & THR_CONTROL_HALTED)
    return g_error_new (THR_ERROR, THR_ERROR_HALTED, _("The job “%s” was halted"), name);
  if (control & THR_CONTROL_STOPPED)
    return g_error_new (THR_ERROR, THR_ERROR_STOPPED,
                        _("The job “%s” was still queued when its manager was stopped"), name);
  return g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The job “%s” was cancelled"), name);
}

/* Ends a job that runs no function at the time, with an error (which it takes)
 * or with the result that was set. */
void
thr_job_end_outside (ThrThreadWrapper *self,
                     GError           *error)
{
  if (error != NULL)
    thr_job_set_failure (self, error);
  thr_core_end_item (self->core, &self->item);
}

/* Ends a manual job, once; not one that was refused instead of begun. */
gboolean
thr_job_end_manual (ThrThreadWrapper *self,
                    const GValue     *value,
                    GError           *failure)
{
  if (!(atomic_load (&self->home.flags) & THR_JOB_STARTED) ||
      (atomic_fetch_or (&self->home.flags, THR_JOB_ENDING) & THR_JOB_ENDING))
    {
      g_clear_error (&failure);
      return FALSE;
    }

  if (value != NULL)
    {
      g_value_init (&self->result, G_VALUE_TYPE (value));
      g_value_copy (value, &self->result);
    }
  thr_job_end_outside (self, failure);
  return TRUE;
}

/* ---- public ---- */

static gboolean
refuse_result (ThrThreadWrapper *self,
               GError          **error)
{
  g_autofree char *name = thr_thread_wrapper_dup_name (self);
  guint flags = atomic_load (&self->home.flags);

  if (flags & (THR_JOB_DONE | THR_JOB_ENDING))
    g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                 _("The job “%s” has ended: its outcome cannot change any more"), name);
  else if (self->item.kind == THR_JOB_MANUAL)
    g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                 _("The job “%s” was not submitted: it cannot end yet"), name);
  else
    g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                 _("The outcome of the job “%s” can be set only inside its function"), name);
  return FALSE;
}

/**
 * thr_thread_wrapper_return_value:
 * @self: a job
 * @value: (nullable): the result, which is copied; `NULL` for none
 * @error: where to put an error
 *
 * Gives the job's result.
 *
 * For a job with a function this may be called only inside that function, and
 * the last one counts if the function succeeds. It returns `TRUE` then, so
 * that a function can end with it:
 *
 * ```c
 * return thr_thread_wrapper_return_value (thread, &value, error);
 * ```
 *
 * A manual job is ended by it, from any thread.
 *
 * Where the job has ended before, or the call is not inside its function,
 * nothing changes and the error is `THR_ERROR_INVALID_STATE`.
 *
 * Returns: `TRUE` if the result was taken
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_return_value (ThrThreadWrapper *self,
                                 const GValue     *value,
                                 GError          **error)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (self->item.kind == THR_JOB_MANUAL)
    {
      if (!thr_job_end_manual (self, value, NULL))
        return refuse_result (self, error);
      return TRUE;
    }

  if (!thr_frame_is_inside (self))
    return refuse_result (self, error);

  release_at_home (self, &self->result);
  if (value != NULL)
    {
      g_value_init (&self->result, G_VALUE_TYPE (value));
      g_value_copy (value, &self->result);
    }
  return TRUE;
}

/* Where to put a result of this type: in the job itself, or for a manual job,
 * which its result ends, in @other. NULL with an error where there is no place
 * for it. */
static GValue *
begin_result (ThrThreadWrapper *self,
              GType             type,
              GValue           *other,
              GError          **error)
{
  GValue *place = self->item.kind == THR_JOB_MANUAL ? other : &self->result;

  if (place != other)
    {
      if (!thr_frame_is_inside (self))
        {
          refuse_result (self, error);
          return NULL;
        }
      release_at_home (self, place);
    }
  return g_value_init (place, type);
}

/* After begin_result(), with the value set. */
static gboolean
end_result (ThrThreadWrapper *self,
            GValue           *place,
            GError          **error)
{
  gboolean ok;

  if (place == &self->result)
    return TRUE;
  ok = thr_thread_wrapper_return_value (self, place, error);
  g_value_unset (place);
  return ok;
}

/**
 * thr_thread_wrapper_return_boolean:
 * @self: a job
 * @value: the result
 * @error: where to put an error
 *
 * Gives a boolean (`G_TYPE_BOOLEAN`) as the job's result: see
 * [method@Thr.ThreadWrapper.return_value].
 *
 * Returns: `TRUE` if the result was taken
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_return_boolean (ThrThreadWrapper *self,
                                   gboolean          value,
                                   GError          **error)
{
  GValue other = G_VALUE_INIT, *place;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  place = begin_result (self, G_TYPE_BOOLEAN, &other, error);
  if (place == NULL)
    return FALSE;
  g_value_set_boolean (place, value);
  return end_result (self, place, error);
}

/**
 * thr_thread_wrapper_return_int:
 * @self: a job
 * @value: the result
 * @error: where to put an error
 *
 * Gives an integer (`G_TYPE_INT64`) as the job's result: see
 * [method@Thr.ThreadWrapper.return_value].
 *
 * Returns: `TRUE` if the result was taken
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_return_int (ThrThreadWrapper *self,
                               gint64            value,
                               GError          **error)
{
  GValue other = G_VALUE_INIT, *place;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  place = begin_result (self, G_TYPE_INT64, &other, error);
  if (place == NULL)
    return FALSE;
  g_value_set_int64 (place, value);
  return end_result (self, place, error);
}

/**
 * thr_thread_wrapper_return_double:
 * @self: a job
 * @value: the result
 * @error: where to put an error
 *
 * Gives a number (`G_TYPE_DOUBLE`) as the job's result: see
 * [method@Thr.ThreadWrapper.return_value].
 *
 * Returns: `TRUE` if the result was taken
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_return_double (ThrThreadWrapper *self,
                                  double            value,
                                  GError          **error)
{
  GValue other = G_VALUE_INIT, *place;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  place = begin_result (self, G_TYPE_DOUBLE, &other, error);
  if (place == NULL)
    return FALSE;
  g_value_set_double (place, value);
  return end_result (self, place, error);
}

/**
 * thr_thread_wrapper_return_string:
 * @self: a job
 * @value: (nullable): the result
 * @error: where to put an error
 *
 * Gives a string (`G_TYPE_STRING`) as the job's result: see
 * [method@Thr.ThreadWrapper.return_value].
 *
 * Returns: `TRUE` if the result was taken
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_return_string (ThrThreadWrapper *self,
                                  const char       *value,
                                  GError          **error)
{
  GValue other = G_VALUE_INIT, *place;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  place = begin_result (self, G_TYPE_STRING, &other, error);
  if (place == NULL)
    return FALSE;
  g_value_set_string (place, value);
  return end_result (self, place, error);
}

/**
 * thr_thread_wrapper_return_object:
 * @self: a job
 * @value: (nullable): the result
 * @error: where to put an error
 *
 * Gives an object as the job's result: see
 * [method@Thr.ThreadWrapper.return_value].
 *
 * Returns: `TRUE` if the result was taken
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_return_object (ThrThreadWrapper *self,
                                  GObject          *value,
                                  GError          **error)
{
  GValue other = G_VALUE_INIT, *place;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (value == NULL || G_IS_OBJECT (value), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  place = begin_result (self, value != NULL ? G_OBJECT_TYPE (value) : G_TYPE_OBJECT, &other, error);
  if (place == NULL)
    return FALSE;
  g_value_set_object (place, value);
  return end_result (self, place, error);
}

/**
 * thr_thread_wrapper_return_variant:
 * @self: a job
 * @value: (nullable): the result; a floating reference is taken
 * @error: where to put an error
 *
 * Gives a variant (`G_TYPE_VARIANT`) as the job's result: see
 * [method@Thr.ThreadWrapper.return_value].
 *
 * Returns: `TRUE` if the result was taken
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_return_variant (ThrThreadWrapper *self,
                                   GVariant         *value,
                                   GError          **error)
{
  GValue other = G_VALUE_INIT, *place;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  /* Taken in any case, so that a floating one is not lost. */
  if (value != NULL)
    g_variant_ref_sink (value);
  place = begin_result (self, G_TYPE_VARIANT, &other, error);
  if (place != NULL)
    g_value_set_variant (place, value);
  if (value != NULL)
    g_variant_unref (value);
  return place != NULL && end_result (self, place, error);
}

/**
 * thr_thread_wrapper_return_error:
 * @self: a manual job
 * @failure: why it fails; it is copied
 * @error: where to put an error
 *
 * Ends a manual job ([method@Thr.ThreadManager.do_manual]) with a failure, from
 * any thread.
 *
 * The function of any other job sets its error and returns `FALSE`; for such a
 * job, and for one that has ended before, nothing changes and the error is
 * `THR_ERROR_INVALID_STATE`.
 *
 * Returns: `TRUE` if the job was ended by this
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_return_error (ThrThreadWrapper *self,
                                 const GError     *failure,
                                 GError          **error)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (failure != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (self->item.kind != THR_JOB_MANUAL ||
      !thr_job_end_manual (self, NULL, g_error_copy (failure)))
    return refuse_result (self, error);
  return TRUE;
}

/**
 * thr_thread_wrapper_get_result: (get-property result)
 * @self: a job
 *
 * What the job gave.
 *
 * Returns: (transfer none) (nullable): the result, valid as long as the job;
 *   `NULL` before it ended, where it gave nothing, and where it failed
 *
 * Since: 1.0
 */
const GValue *
thr_thread_wrapper_get_result (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);

  if (!(atomic_load (&self->home.flags) & THR_JOB_DONE) || thr_job_has_failed (self) ||
      self->result.g_type == 0)
    return NULL;
  return &self->result;
}

/**
 * thr_thread_wrapper_get_error: (get-property error)
 * @self: a job
 *
 * Why the job failed.
 *
 * Returns: (transfer none) (nullable): the error, valid as long as the job;
 *   `NULL` before it ended and where it succeeded
 *
 * Since: 1.0
 */
const GError *
thr_thread_wrapper_get_error (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);

  if (!(atomic_load (&self->home.flags) & THR_JOB_DONE) || !thr_job_has_failed (self))
    return NULL;
  return self->error;
}
