/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "config.h"

#include <stdatomic.h>

#include "base/thr-gate-private.h"
#include "base/thr-home-private.h"
#include "thimble/thr-backend-private.h"
#include "thimble/thr-thimble.h"

G_BEGIN_DECLS

/* Whether the target was disposed by somebody although it is still held; shared
 * by the thimble and what the target tells it. */
typedef struct
{
  gint ref_count;
  /* Set once. It stops nobody who is about to use the target, and so orders
   * nothing: relaxed. */
  _Atomic gboolean disposed;
} ThrTargetState;

struct _ThrThimble
{
  GObject parent_instance;
  ThrHome home;

  /* Constant from construction to dispose. */
  GObject *target;             /* a reference; NULL for functions */
  ThrTargetState *target_state; /* a reference; NULL for functions */
  ThrThreadManager *manager;   /* a reference */
  char **blocking_methods;     /* NULL: all */
  GHashTable *blocking_names;  /* those of them that are names … */
  GPtrArray *blocking_patterns; /* … and the others, GPatternSpec */
  gboolean pack_values;

  /* A setting of the user's; orders nothing. */
  _Atomic gboolean serialize_all;
  /* Listed methods that are queued or run. Raised before the job is submitted
   * and lowered after the method has returned, both sequentially consistent, so
   * that who sees 0 sees all that the methods have done. */
  _Atomic guint n_under_way;
  /* Whether it was looked who starts the manager; exchanged, so that one does. */
  _Atomic gboolean manager_seen;

  GMutex hooks_lock; /* guards the next two */
  GPtrArray *hooks;  /* of Hook, in the order of addition; NULL if there never was one */
  guint last_hook;
  /* Written with hooks_lock held; read without it by who need not see a hook
   * that another thread is just adding: relaxed. */
  _Atomic guint n_hooks;

  GMutex connections_lock;  /* guards connections */
  GHashTable *connections;  /* handler → Connection; NULL if there never was one */
};

#define THR_VALUE_IS_SET(value) ((value)->g_type != 0)

/* Puts a copy where a binding wants a value, whatever was there; NULL or a value
 * of no type becomes a NULL string, which every language reads as nothing. */
void     thr_value_give              (GValue       *place,
                                      const GValue *value);
GValue  *thr_values_copy             (const GValue *values,
                                      gsize         n_values);
void     thr_values_free             (GValue       *values,
                                      gsize         n_values);

/* thr-thimble.c */
gboolean thr_thimble_check_target    (ThrThimble  *self,
                                      GError     **error);
gboolean thr_thimble_check_busy      (ThrThimble  *self,
                                      const char  *member,
                                      GError     **error);
const char *thr_thimble_get_type_name (ThrThimble *self);

/* thr-backend.c: the module, loaded once. */
const ThrBackend *thr_backend_get    (GError     **error);

/* thr-thimble-pack.c */
void     thr_thimble_pack            (ThrThimble        *self,
                                      GValue            *value,
                                      gboolean           is_container);
void     thr_thimble_give            (ThrThimble        *self,
                                      GValue            *place,
                                      const GValue      *value);
gboolean thr_thimble_invoke          (ThrThimble        *self,
                                      const ThrBackend  *backend,
                                      ThrCallData       *data,
                                      GError           **error);

/* thr-thimble-manager.c */
ThrThreadManager *thr_thimble_make_manager (ThrThimble *self);
void     thr_thimble_submit          (ThrThimble       *self,
                                      ThrThreadWrapper *job);
ThrThreadWrapper *thr_thimble_do_manual (ThrThimble    *self,
                                         const char    *name);

/* thr-thimble-hooks.c: TRUE with a NULL access where there is no hook. */
gboolean thr_thimble_run_hooks       (ThrThimble    *self,
                                      ThrAccessKind  kind,
                                      const char    *member,
                                      const GValue  *arguments,
                                      gsize          n_arguments,
                                      ThrAccess    **access,
                                      GError       **error);
void     thr_thimble_drop_hooks      (ThrThimble    *self);

/* thr-thimble-signals.c */
void     thr_thimble_drop_connections (ThrThimble   *self);

/* thr-access.c: what the hooks made of it. */
struct _ThrAccess
{
  GObject parent_instance;
  ThrHome home;

  /* The thread whose hooks may change it; NULL once they are over. What others
   * read here is never themselves, so it orders nothing: relaxed. */
  _Atomic (GThread *) changer;

  /* Changed by that thread, constant afterwards. */
  ThrAccessKind kind;
  char *member;
  char *callee; /* NULL: the member */
  GValue *arguments;
  gsize n_arguments;
  gboolean has_result;
  GValue result; /* of no type where there is none */
  ThrThreadFunc func;
  gpointer func_data;
  GDestroyNotify func_destroy;
};

ThrAccess *thr_access_new (ThrAccessKind kind,
                           const char   *member,
                           const GValue *arguments,
                           gsize         n_arguments);
/* The hooks are over. */
void       thr_access_seal (ThrAccess   *self);

G_END_DECLS
