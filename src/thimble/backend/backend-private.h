/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <inttypes.h>

#include "base/thr-error.h"
#include "thimble/thr-backend-private.h"
#include "thimble/thr-value-array-private.h"

#include "thimble/backend/gi-compat.h"

G_BEGIN_DECLS

/* The kinds of types that the metadata declares, in groups. */
typedef enum
{
  THR_KIND_VOID,

  /* What lies in the argument itself. */
  THR_KIND_BOOLEAN,
  THR_KIND_INT8,
  THR_KIND_UINT8,
  THR_KIND_INT16,
  THR_KIND_UINT16,
  THR_KIND_INT32,
  THR_KIND_UINT32,
  THR_KIND_INT64,
  THR_KIND_UINT64,
  THR_KIND_FLOAT,
  THR_KIND_DOUBLE,
  THR_KIND_UNICHAR,
  THR_KIND_GTYPE,
  THR_KIND_ENUM,
  THR_KIND_FLAGS,

  /* What the argument points to. */
  THR_KIND_UTF8,
  THR_KIND_FILENAME,
  THR_KIND_OBJECT,
  THR_KIND_INSTANCE, /* of another fundamental type, such as GParamSpec */
  THR_KIND_BOXED,    /* GError and GBytes, too */
  THR_KIND_VARIANT,
  THR_KIND_VALUE, /* a GValue that holds whatever there is */

  /* What holds elements of these. */
  THR_KIND_C_ARRAY,
  THR_KIND_ARRAY,
  THR_KIND_PTR_ARRAY,
  THR_KIND_BYTE_ARRAY,
  THR_KIND_LIST,
  THR_KIND_SLIST,
  THR_KIND_HASH, /* its keys are strings */

  THR_KIND_CALLBACK,
} ThrKind;

/* A declared type. */
typedef struct _ThrType ThrType;
struct _ThrType
{
  ThrKind kind;
  GType gtype;         /* of an enum, an object, a boxed, …; else what its GValue is of */
  const ThrType *element; /* of containers; the values of a hash table */
  const char *name;    /* for people: "guint8", "Gio.File", "GLib.List of utf8" */
  gssize fixed_size;   /* of a C array, or -1 */
  int length;          /* the index of the argument that has the length, or -1 */
  gboolean zero_terminated;
  gsize size; /* of a structure that the caller allocates */
  gpointer (*ref) (gpointer instance); /* of THR_KIND_INSTANCE */
  void (*unref) (gpointer instance);
};

/* What becomes of an argument. */
typedef enum
{
  THR_ROLE_VISIBLE,     /* given or got by the user */
  THR_ROLE_LENGTH,      /* of an array: nobody sees it */
  THR_ROLE_CANCELLABLE, /* the call's, unless one is given */
  THR_ROLE_PROGRESS,    /* a GFileProgressCallback */
  THR_ROLE_NULL,        /* a callback that may be left out, and is */
  THR_ROLE_DATA,        /* of a callback */
  THR_ROLE_SKIPPED,     /* is marked as of no use to bindings */
} ThrRole;

typedef struct
{
  const char *name;
  const ThrType *type;
  GIDirection direction;
  GITransfer transfer;
  ThrRole role;
  gboolean nullable;
  gboolean caller_allocates;
  int closure; /* of a callback: the index of its data, or -1 */
} ThrArg;

struct _ThrPlan
{
  const char *name;      /* "Gio.File.load_contents" */
  GType instance_type;   /* G_TYPE_INVALID for functions */
  GITransfer instance_transfer;
  gboolean throws;
  gboolean returns_success; /* a gboolean that says no more than the error does */
  ThrArg result;         /* its role is VISIBLE or SKIPPED; VOID if there is none */
  guint n_args;
  ThrArg *args;
  guint n_required; /* values that must be given */
  guint n_visible;  /* values that have a place of their own */
  guint n_most;     /* with cancellables and callbacks */
  guint n_results;
  guint n_ffi;      /* instance, arguments, GError */
  GIFunctionInvoker invoker;
};

/* One argument of one call. */
typedef struct
{
  GIArgument value;  /* what is passed, or comes out */
  GIArgument given;  /* what was passed */
  gpointer pointer;  /* to value, for what comes out */
  gsize n_given;     /* elements */
  gpointer *held;    /* elements of a container of which only the shell is transferred */
} ThrSlot;

struct _ThrCallData
{
  const ThrPlan *plan;
  GObject *target;
  GCancellable *cancellable;
  ThrBackendProgressFunc progress;
  gpointer progress_data;
  gboolean invoked;
  guint n_results;
  ThrSlot *slots;
  gpointer *ffi;
  GValue *results;
};

/* types.c: what the metadata declares. */
const ThrType *thr_type_new      (GITypeInfo    *info,
                                  gboolean       by_value,
                                  const char   **refusal);
void           thr_type_destroy  (const ThrType *type);

/* elements.c: what is of these types. */
gboolean       thr_kind_is_container (ThrKind    kind);
gboolean       thr_kind_is_pointer   (ThrKind    kind);
gsize          thr_type_size     (const ThrType *type);
void           thr_type_store    (const ThrType *type,
                                  const GIArgument *value,
                                  gpointer       memory);
void           thr_type_fetch    (const ThrType *type,
                                  gconstpointer  memory,
                                  GIArgument    *value);
gpointer       thr_type_pack     (const ThrType *type,
                                  const GIArgument *value);
void           thr_type_unpack   (const ThrType *type,
                                  gpointer       packed,
                                  GIArgument    *value);
void           thr_type_free     (const ThrType *type,
                                  gpointer       pointer);
GDestroyNotify thr_type_get_destroy (const ThrType *type);
GDestroyNotify thr_type_get_clear   (const ThrType *type);
gboolean       thr_type_can_be_given (const ThrType *type);
GType          thr_type_value_type  (const ThrType *type);
const char    *thr_type_variant_type (const ThrType *type);

/* plan.c; under the lock of find.c. */
ThrPlan       *thr_plan_new      (GIFunctionInfo *info,
                                  GError        **error);

/* find.c */
gboolean       thr_find_require  (const char    *namespace_,
                                  const char    *version,
                                  GError       **error);
const ThrPlan *thr_find_method   (GType          type,
                                  const char    *name,
                                  GError       **error);
const ThrPlan *thr_find_function (const char    *path,
                                  GError       **error);
char         **thr_find_list     (GType          type,
                                  GError       **error);

/* typelibs.c; under the lock of find.c. */
GIBaseInfo    *thr_typelibs_find (GIRepository  *repository,
                                  GType          type,
                                  char         **failure);

/* convert-number.c: what is wrong with a value is said in PROBLEM. */
gboolean       thr_convert_whole (const ThrType *type,
                                  const GValue  *value,
                                  gint64         low,
                                  guint64        high,
                                  guint64       *result,
                                  char         **problem);
gboolean       thr_convert_integer (const ThrType *type,
                                  const GValue  *value,
                                  GIArgument    *result,
                                  char         **problem);
gboolean       thr_convert_real  (const ThrType *type,
                                  const GValue  *value,
                                  double        *result,
                                  char         **problem);
gboolean       thr_convert_boolean (const ThrType *type,
                                  const GValue  *value,
                                  GIArgument    *result,
                                  char         **problem);

/* convert-scalar.c: what is wrong with a value is said in PROBLEM. */
gboolean       thr_convert_scalar (const ThrType *type,
                                  const GValue  *value,
                                  GIArgument    *result,
                                  char         **problem);
gboolean       thr_wrong_type    (const ThrType *type,
                                  const GValue  *value,
                                  char         **problem);
gboolean       thr_value_is_null (const GValue  *value);
const char    *thr_value_name    (const GValue  *value);
char          *thr_show_text     (const char    *text);
void           thr_value_from_variant (GValue   *value,
                                  GVariant      *variant);

/* convert-in.c */
gboolean       thr_convert_in    (const ThrArg  *arg,
                                  const GValue  *value,
                                  ThrSlot       *slot,
                                  char         **problem);
void           thr_convert_release (const ThrArg *arg,
                                  ThrSlot       *slot,
                                  gboolean       invoked);

/* convert-out.c */
void           thr_convert_out   (const ThrArg  *arg,
                                  GIArgument    *argument,
                                  gsize          length,
                                  GValue        *value);

/* invoke.c */
ThrCallData   *thr_call_prepare  (const ThrPlan *plan,
                                  GObject       *target,
                                  const GValue  *args,
                                  guint          n_args,
                                  GCancellable  *cancellable,
                                  ThrBackendProgressFunc progress,
                                  gpointer       progress_data,
                                  GError       **error);
gboolean       thr_call_invoke   (ThrCallData   *self,
                                  GError       **error);
gboolean       thr_call_is_container (const ThrCallData *self,
                                  guint          result);
const GValue  *thr_call_results  (ThrCallData   *self,
                                  guint         *n_results);
void           thr_call_free     (ThrCallData   *self);

G_END_DECLS
