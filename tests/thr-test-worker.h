/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "thr-test.h"

G_BEGIN_DECLS

/* Assert that it works. */
void thr_test_worker_start    (ThrWorker *worker);
void thr_test_worker_join     (ThrWorker *worker);
/* Stops, joins and drops the last reference. */
void thr_test_worker_finish   (ThrWorker *worker);
void thr_test_worker_fire_int (ThrWorker  *worker,
                               const char *name,
                               int         value);
int  thr_test_event_int       (ThrEvent *event);

/* A listener that adds one to the int that is its data. */
gboolean thr_test_count_event (ThrWorker *worker,
                               ThrEvent  *event,
                               gpointer   user_data,
                               GError   **error);

/* What was heard, by several threads if need be: words with blanks between. */
typedef struct
{
  GMutex lock; /* guards words */
  GString *words;
} ThrTestDiary;

void  thr_test_diary_init  (ThrTestDiary *self);
void  thr_test_diary_clear (ThrTestDiary *self);
void  thr_test_diary_add   (ThrTestDiary *self,
                            const char   *format,
                            ...) G_GNUC_PRINTF (2, 3);
char *thr_test_diary_dup   (ThrTestDiary *self);
/* Whether it reads like this now. */
gboolean thr_test_diary_is  (ThrTestDiary *self,
                             const char   *words);
gboolean thr_test_diary_has (ThrTestDiary *self,
                             const char   *word);
/* Fails the test with both if not. */
void  thr_test_diary_check (ThrTestDiary *self,
                            const char   *words);
/* A listener that writes the name of the event, and its int if it has one, into
 * the diary that is its data. */
gboolean thr_test_note_event (ThrWorker *worker,
                              ThrEvent  *event,
                              gpointer   user_data,
                              GError   **error);

G_END_DECLS
