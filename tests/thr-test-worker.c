/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test-worker.h"

#include <string.h>

void
thr_test_worker_start (ThrWorker *worker)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_worker_start (worker, &error));
  g_assert_no_error (error);
}

void
thr_test_worker_join (ThrWorker *worker)
{
  g_autoptr (GError) error = NULL;

  thr_worker_join (worker, thr_test_deadline (), &error);
  g_assert_no_error (error);
}

void
thr_test_worker_finish (ThrWorker *worker)
{
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
}

void
thr_test_worker_fire_int (ThrWorker  *worker,
                          const char *name,
                          int         value)
{
  GValue boxed = G_VALUE_INIT;

  g_value_init (&boxed, G_TYPE_INT);
  g_value_set_int (&boxed, value);
  g_assert_true (thr_worker_fire (worker, name, &boxed, NULL));
  g_value_unset (&boxed);
}

int
thr_test_event_int (ThrEvent *event)
{
  const GValue *value = thr_event_get_value (event);

  g_assert_nonnull (value);
  g_assert_true (G_VALUE_HOLDS_INT (value));
  return g_value_get_int (value);
}

gboolean
thr_test_count_event (ThrWorker *worker,
                      ThrEvent  *event,
                      gpointer   user_data,
                      GError   **error)
{
  g_assert_true (thr_worker_current () == worker);
  g_atomic_int_inc ((int *) user_data);
  return TRUE;
}

void
thr_test_diary_init (ThrTestDiary *self)
{
  g_mutex_init (&self->lock);
  self->words = g_string_new (NULL);
}

void
thr_test_diary_clear (ThrTestDiary *self)
{
  g_string_free (self->words, TRUE);
  g_mutex_clear (&self->lock);
}

void
thr_test_diary_add (ThrTestDiary *self,
                    const char   *format,
                    ...)
{
  va_list args;

  g_mutex_lock (&self->lock);
  if (self->words->len > 0)
    g_string_append_c (self->words, ' ');
  va_start (args, format);
  g_string_append_vprintf (self->words, format, args);
  va_end (args);
  g_mutex_unlock (&self->lock);
}

char *
thr_test_diary_dup (ThrTestDiary *self)
{
  char *words;

  g_mutex_lock (&self->lock);
  words = g_strdup (self->words->str);
  g_mutex_unlock (&self->lock);
  return words;
}

gboolean
thr_test_diary_is (ThrTestDiary *self,
                   const char   *words)
{
  g_autofree char *now = thr_test_diary_dup (self);

  return strcmp (now, words) == 0;
}

gboolean
thr_test_diary_has (ThrTestDiary *self,
                    const char   *word)
{
  g_autofree char *now = thr_test_diary_dup (self);
  g_auto (GStrv) words = g_strsplit (now, " ", -1);

  return g_strv_contains ((const char *const *) words, word);
}

void
thr_test_diary_check (ThrTestDiary *self,
                      const char   *words)
{
  g_autofree char *now = thr_test_diary_dup (self);

  g_assert_cmpstr (now, ==, words);
}

gboolean
thr_test_note_event (ThrWorker *worker,
                     ThrEvent  *event,
                     gpointer   user_data,
                     GError   **error)
{
  const GValue *value = thr_event_get_value (event);

  g_assert_true (thr_worker_current () == worker);
  if (value != NULL && G_VALUE_HOLDS_INT (value))
    thr_test_diary_add (user_data, "%s%d", thr_event_get_name (event), g_value_get_int (value));
  else
    thr_test_diary_add (user_data, "%s", thr_event_get_name (event));
  return TRUE;
}
