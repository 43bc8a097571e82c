/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-job-people-private.h"

#include "base/thr-parking-private.h"

/* The properties of a job that are for people, save what moves: see
 * thr-job-people.c. */

GParamSpec *thr_job_people_props[THR_N_PEOPLE_PROPS];

gboolean
thr_job_people_get_property (ThrThreadWrapper *self,
                             guint             prop_id,
                             GValue           *value)
{
  switch (prop_id - THR_JOB_PEOPLE_FIRST_PROP)
    {
    case THR_PROP_FRACTION_TEXT:
      g_value_take_string (value, thr_thread_wrapper_dup_fraction_text (self));
      return TRUE;
    case THR_PROP_ELAPSED:
      g_value_set_int64 (value, thr_thread_wrapper_get_elapsed (self));
      return TRUE;
    case THR_PROP_REMAINING:
      g_value_set_int64 (value, thr_thread_wrapper_get_remaining (self));
      return TRUE;
    case THR_PROP_CAN_PAUSE:
      g_value_set_boolean (value, thr_thread_wrapper_get_can_pause (self));
      return TRUE;
    case THR_PROP_CAN_CANCEL:
      g_value_set_boolean (value, thr_thread_wrapper_get_can_cancel (self));
      return TRUE;
    case THR_PROP_FINISHED:
      g_value_set_boolean (value, thr_thread_wrapper_get_finished (self));
      return TRUE;
    case THR_PROP_TAGS:
      g_value_take_boxed (value, thr_thread_wrapper_dup_tags (self));
      return TRUE;
    case THR_PROP_ITEMS:
      g_value_set_object (value, thr_thread_wrapper_get_items (self));
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
thr_job_people_set_property (ThrThreadWrapper *self,
                             guint             prop_id,
                             const GValue     *value)
{
  if (prop_id - THR_JOB_PEOPLE_FIRST_PROP != THR_PROP_TAGS)
    return FALSE;
  thr_thread_wrapper_set_tags (self, g_value_get_boxed (value));
  return TRUE;
}

/* At home: notifies the properties of these bits. */
void
thr_job_people_emit (ThrThreadWrapper *self,
                     guint             bits)
{
  GParamSpec *changed[4];
  guint n_changed = 0;

  /* Both are over for good, and say so once. */
  if ((bits & THR_JOB_ASKED) && !self->home.told_ending)
    {
      self->home.told_ending = TRUE;
      changed[n_changed++] = thr_job_people_props[THR_PROP_CAN_PAUSE];
      changed[n_changed++] = thr_job_people_props[THR_PROP_CAN_CANCEL];
    }
  if (bits & THR_JOB_TAGS)
    changed[n_changed++] = thr_job_people_props[THR_PROP_TAGS];
  if (bits & THR_JOB_CLOSED)
    changed[n_changed++] = thr_job_people_props[THR_PROP_FINISHED];
  if (n_changed > 0 && self->home.heard)
    thr_home_emit (&self->home, n_changed, changed);
}

void
thr_job_people_class_init (GObjectClass *klass)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * ThrThreadWrapper:fraction-text: (getter dup_fraction_text)
   *
   * [property@Thr.ThreadWrapper:progress] in words, as “42 %” in the language
   * of the user; empty while it is unknown.
   *
   * This property and the next two are notified a few times a second while the
   * job runs, and once more before its end is. That is done only as long as
   * somebody is connected to one of them; who connects when the job is running
   * already reads it as well, as every binding does.
   *
   * Since: 1.0
   */
  thr_job_people_props[THR_PROP_FRACTION_TEXT] = g_param_spec_string ("fraction-text", NULL, NULL, "", readable);

  /**
   * ThrThreadWrapper:elapsed: (getter get_elapsed)
   *
   * How long the job has been running, or ran, in microseconds; 0 before. The
   * time that it was paused is part of it.
   *
   * Its notifies are those of [property@Thr.ThreadWrapper:fraction-text].
   *
   * Since: 1.0
   */
  thr_job_people_props[THR_PROP_ELAPSED] = g_param_spec_int64 ("elapsed", NULL, NULL, 0, G_MAXINT64, 0, readable);

  /**
   * ThrThreadWrapper:remaining: (getter get_remaining)
   *
   * How much longer the job will run, in microseconds, as can be told from its
   * progress in the near past; −1 while that is unknown, and 0 from its end on.
   *
   * It is unknown in the first second, before there is any progress, while the
   * job is paused, and once it is more than a year. It does not jump: away from
   * counting down it moves by two seconds a second at the most, or by a fifth of
   * itself, until the progress is 1.
   *
   * Its notifies are those of [property@Thr.ThreadWrapper:fraction-text].
   *
   * Since: 1.0
   */
  thr_job_people_props[THR_PROP_REMAINING] = g_param_spec_int64 ("remaining", NULL, NULL, -1, G_MAXINT64, -1, readable);

  /**
   * ThrThreadWrapper:can-pause: (getter get_can_pause)
   *
   * Whether [method@Thr.ThreadWrapper.pause] and
   * [method@Thr.ThreadWrapper.resume] are of any use: not for a manual job, and
   * not once the job has ended or was asked to.
   *
   * That the function of the job looks, by
   * [method@Thr.ThreadWrapper.checkpoint], is not known here.
   *
   * Since: 1.0
   */
  thr_job_people_props[THR_PROP_CAN_PAUSE] = g_param_spec_boolean ("can-pause", NULL, NULL, TRUE, readable);

  /**
   * ThrThreadWrapper:can-cancel: (getter get_can_cancel)
   *
   * Whether [method@Thr.ThreadWrapper.cancel] is of any use: not once the job
   * has ended or was asked to.
   *
   * Since: 1.0
   */
  thr_job_people_props[THR_PROP_CAN_CANCEL] = g_param_spec_boolean ("can-cancel", NULL, NULL, TRUE, readable);

  /**
   * ThrThreadWrapper:finished: (getter get_finished)
   *
   * Whether the job is `CLOSED`, and was announced to be: for filters, which
   * compare no enumerations.
   *
   * Since: 1.0
   */
  thr_job_people_props[THR_PROP_FINISHED] = g_param_spec_boolean ("finished", NULL, NULL, FALSE, readable);

  /**
   * ThrThreadWrapper:tags: (getter dup_tags) (setter set_tags)
   *
   * Words for programs: what kind of job this is, for filters, icons and style
   * classes.
   *
   * Since: 1.0
   */
  thr_job_people_props[THR_PROP_TAGS] = g_param_spec_boxed ("tags", NULL, NULL, G_TYPE_STRV,
                                                            readable | G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * ThrThreadWrapper:items: (getter get_items)
   *
   * What the job has found so far: see [method@Thr.ThreadWrapper.emit_item].
   *
   * It is the same list from the first look on, and outlives the job for whoever
   * holds it.
   *
   * Since: 1.0
   */
  thr_job_people_props[THR_PROP_ITEMS] = g_param_spec_object ("items", NULL, NULL, G_TYPE_LIST_MODEL, readable);

  for (guint i = 0; i < THR_N_PEOPLE_PROPS; i++)
    g_object_class_install_property (klass, THR_JOB_PEOPLE_FIRST_PROP + i,
                                     thr_job_people_props[i]);
}

/**
 * thr_thread_wrapper_get_can_pause: (get-property can-pause)
 * @self: a job
 *
 * Whether to pause and resume the job is of any use: see
 * [property@Thr.ThreadWrapper:can-pause].
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_get_can_pause (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);

  return self->item.kind != THR_JOB_MANUAL && thr_thread_wrapper_get_can_cancel (self);
}

/**
 * thr_thread_wrapper_get_can_cancel: (get-property can-cancel)
 * @self: a job
 *
 * Whether to cancel the job is of any use.
 *
 * Returns: `FALSE` once the job has ended or was asked to, in whatever way
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_get_can_cancel (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);

  return !(atomic_load (&self->home.flags) & THR_JOB_DONE) && !thr_job_is_ending (self);
}

/**
 * thr_thread_wrapper_get_finished: (get-property finished)
 * @self: a job
 *
 * Whether the job is `CLOSED`, and was announced to be.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_get_finished (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);

  return (atomic_load (&self->home.flags) & THR_JOB_CLOSED) != 0;
}

/**
 * thr_thread_wrapper_dup_tags: (get-property tags)
 * @self: a job
 *
 * The job's tags.
 *
 * Returns: (transfer full) (array zero-terminated=1): the tags, none or more
 *
 * Since: 1.0
 */
char **
thr_thread_wrapper_dup_tags (ThrThreadWrapper *self)
{
  ThrJobExtra *extra;
  ThrSpot *spot;
  char **tags = NULL;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);

  extra = thr_job_peek_extra (self);
  if (extra != NULL)
    {
      spot = thr_parking_spot (self);
      g_mutex_lock (&spot->lock);
      tags = g_strdupv (extra->tags);
      g_mutex_unlock (&spot->lock);
    }
  return tags != NULL ? tags : g_new0 (char *, 1);
}

/**
 * thr_thread_wrapper_set_tags: (set-property tags)
 * @self: a job
 * @tags: (nullable) (array zero-terminated=1): words that say what kind of job
 *   this is, or `NULL` for none
 *
 * Replaces the job's tags.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_set_tags (ThrThreadWrapper   *self,
                             const char * const *tags)
{
  static const char *const none[] = { NULL };
  ThrJobExtra *extra;
  ThrSpot *spot;
  char **copy;
  gboolean changed;

  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  if (tags == NULL)
    tags = none;
  extra = thr_job_extra (self);
  copy = g_strdupv ((char **) tags);
  spot = thr_parking_spot (self);
  g_mutex_lock (&spot->lock);
  changed = !g_strv_equal (extra->tags != NULL ? (const char *const *) extra->tags : none, tags);
  if (changed)
    {
      char **old = extra->tags;

      extra->tags = copy;
      copy = old;
    }
  g_mutex_unlock (&spot->lock);
  g_strfreev (copy);
  if (changed)
    thr_job_mark (self, THR_JOB_TAGS);
}

/**
 * thr_thread_wrapper_has_tag:
 * @self: a job
 * @tag: a word
 *
 * Whether a word is one of the job's tags.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_has_tag (ThrThreadWrapper *self,
                            const char       *tag)
{
  ThrJobExtra *extra;
  ThrSpot *spot;
  gboolean has;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (tag != NULL, FALSE);

  extra = thr_job_peek_extra (self);
  if (extra == NULL)
    return FALSE;
  spot = thr_parking_spot (self);
  g_mutex_lock (&spot->lock);
  has = extra->tags != NULL && g_strv_contains ((const char *const *) extra->tags, tag);
  g_mutex_unlock (&spot->lock);
  return has;
}
