/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

#include "base/thr-i18n-private.h"
#include "thimble/thr-nearest-private.h"

/* Guards the repository and every look at metadata: introspection locks nothing.
 * The repository is one of our own, so that nobody else looks into it
 * without this lock. Held while typelibs are read, and while libraries are
 * loaded, but never with a lock of ours inside it, save the next. */
static GMutex repository_mutex;
static GIRepository *repository;

/* Guards the table of plans: the one lock of a call whose method is known. Held
 * for a look into the table, nothing else. */
static GMutex plans_mutex;
static GHashTable *plans; /* of Key */

/* A method of a type, or a function by its path: type G_TYPE_INVALID. */
typedef struct
{
  GType type;
  const char *name;
  const ThrPlan *plan;
} Key;

static guint
key_hash (gconstpointer data)
{
  const Key *key = data;

  return g_str_hash (key->name) ^ (guint) (key->type >> 4);
}

static gboolean
key_equal (gconstpointer a,
           gconstpointer b)
{
  const Key *first = a;
  const Key *second = b;

  return first->type == second->type && g_str_equal (first->name, second->name);
}

static const ThrPlan *
look_up (GType       type,
         const char *name)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&plans_mutex);
  const Key key = { .type = type, .name = name };
  const Key *found = plans != NULL ? g_hash_table_lookup (plans, &key) : NULL;

  return found != NULL ? found->plan : NULL;
}

static void
remember_locked (GType          type,
                 const char    *name,
                 const ThrPlan *plan)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&plans_mutex);
  Key *key = g_new (Key, 1);

  if (plans == NULL)
    plans = g_hash_table_new (key_hash, key_equal);
  key->type = type;
  key->name = g_strdup (name);
  key->plan = plan;
  g_hash_table_add (plans, key);
}

static GIRepository *
get_repository_locked (void)
{
  if (repository == NULL)
    repository = gi_repository_new ();

  return repository;
}

static gboolean
require_locked (const char *namespace_,
                const char *version,
                GError    **error)
{
  g_autoptr (GError) failure = NULL;

  if (gi_repository_require (get_repository_locked (), namespace_, version, GI_LOAD_FULL, &failure) != NULL)
    return TRUE;

  g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD,
               _("Nothing describes the namespace “%s”: %s. Install its typelib, or name its folder in "
                 "GI_TYPELIB_PATH."),
               namespace_, failure->message);
  return FALSE;
}

gboolean
thr_find_require (const char *namespace_,
                  const char *version,
                  GError    **error)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&repository_mutex);

  return require_locked (namespace_, version, error);
}

/* A class, or an interface, and its methods. */
static GIFunctionInfo *
find_in (GIBaseInfo *info,
         const char *name)
{
  if (GI_IS_OBJECT_INFO (info))
    return gi_object_info_find_method ((GIObjectInfo *) info, name);
  if (GI_IS_INTERFACE_INFO (info))
    return gi_interface_info_find_method ((GIInterfaceInfo *) info, name);
  if (GI_IS_STRUCT_INFO (info))
    return gi_struct_info_find_method ((GIStructInfo *) info, name);
  if (GI_IS_UNION_INFO (info))
    return gi_union_info_find_method ((GIUnionInfo *) info, name);
  if (GI_IS_ENUM_INFO (info))
    for (guint i = 0; i < gi_enum_info_get_n_methods ((GIEnumInfo *) info); i++)
      {
        GIFunctionInfo *method = gi_enum_info_get_method ((GIEnumInfo *) info, i);

        if (g_str_equal (gi_base_info_get_name ((GIBaseInfo *) method), name))
          return method;
        gi_base_info_unref (method);
      }

  return NULL;
}

static guint
count_methods (GIBaseInfo *info)
{
  if (GI_IS_OBJECT_INFO (info))
    return gi_object_info_get_n_methods ((GIObjectInfo *) info);
  if (GI_IS_INTERFACE_INFO (info))
    return gi_interface_info_get_n_methods ((GIInterfaceInfo *) info);

  return 0;
}

static GIFunctionInfo *
get_method (GIBaseInfo *info,
            guint       i)
{
  if (GI_IS_OBJECT_INFO (info))
    return gi_object_info_get_method ((GIObjectInfo *) info, i);

  return gi_interface_info_get_method ((GIInterfaceInfo *) info, i);
}

static void
unref_info (gpointer info)
{
  gi_base_info_unref (info);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The class, its parents, their interfaces: all that is described of a type. */
static GPtrArray *
list_infos_locked (GType  type,
                   char **failure)
{
  GPtrArray *infos = g_ptr_array_new_with_free_func (unref_info);
  g_autofree GType *interfaces = NULL;
  guint n_interfaces;

  for (GType parent = type; parent != G_TYPE_INVALID; parent = g_type_parent (parent))
    {
      GIBaseInfo *info = thr_typelibs_find (get_repository_locked (), parent, failure);

      if (info != NULL)
        g_ptr_array_add (infos, info);
    }
  interfaces = g_type_interfaces (type, &n_interfaces);
  for (guint i = 0; i < n_interfaces; i++)
    {
      GIBaseInfo *info = thr_typelibs_find (get_repository_locked (), interfaces[i], failure);

      if (info != NULL)
        g_ptr_array_add (infos, info);
    }

  return infos;
}

/* Of the methods, or of what is called without an object. */
static char **
list_names (GPtrArray *infos,
            gboolean   methods)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, NULL);
  GPtrArray *sorted = g_ptr_array_new ();

  for (guint i = 0; i < infos->len; i++)
    for (guint n = 0; n < count_methods (infos->pdata[i]); n++)
      {
        GIFunctionInfo *method = get_method (infos->pdata[i], n);
        const char *name = gi_base_info_get_name ((GIBaseInfo *) method);

        if (gi_callable_info_is_method ((GICallableInfo *) method) == methods && !g_hash_table_contains (names, name))
          {
            g_ptr_array_add (sorted, g_strdup (name));
            g_hash_table_add (names, sorted->pdata[sorted->len - 1]);
          }
        gi_base_info_unref (method);
      }
  g_ptr_array_sort (sorted, compare_names);
  g_ptr_array_add (sorted, NULL);

  return (char **) g_ptr_array_free (sorted, FALSE);
}

static void
set_unknown_type (GType       type,
                  const char *failure,
                  GError    **error)
{
  if (failure != NULL)
    g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD,
                 _("No typelib that can be loaded describes %s: %s. Install what is missing, or name its folder in "
                   "GI_TYPELIB_PATH."),
                 g_type_name (type), failure);
  else
    g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD,
                 _("No installed typelib describes %s. Install its typelib, or name its folder in GI_TYPELIB_PATH."),
                 g_type_name (type));
}

/* GObject alone says nothing of an object. */
static gboolean
is_described (GPtrArray *infos,
              GType      type)
{
  for (guint i = 0; i < infos->len; i++)
    if (type == G_TYPE_OBJECT ||
        gi_registered_type_info_get_g_type ((GIRegisteredTypeInfo *) infos->pdata[i]) != G_TYPE_OBJECT)
      return TRUE;

  return FALSE;
}

char **
thr_find_list (GType    type,
               GError **error)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&repository_mutex);
  g_autofree char *failure = NULL;
  g_autoptr (GPtrArray) infos = list_infos_locked (type, &failure);

  if (!is_described (infos, type))
    {
      set_unknown_type (type, failure, error);
      return NULL;
    }

  return list_names (infos, TRUE);
}

static void
set_no_method (GPtrArray  *infos,
               GType       type,
               const char *name,
               const char *failure,
               GError    **error)
{
  g_auto (GStrv) names = list_names (infos, TRUE);
  g_autofree char *shown = thr_show_text (name);
  const char *nearest = thr_nearest_name (name, (const char *const *) names);

  if (!is_described (infos, type))
    set_unknown_type (type, failure, error);
  else if (nearest != NULL)
    g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD, _("%s has no method “%s”. Is “%s” meant?"),
                 g_type_name (type), shown, nearest);
  else
    g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD,
                 _("%s has no method “%s”. Thr.Thimble.list_methods() tells those that it has."), g_type_name (type),
                 shown);
}

static const ThrPlan *
make_method_locked (GType       type,
                    const char *name,
                    GError    **error)
{
  g_autofree char *failure = NULL;
  g_autoptr (GPtrArray) infos = list_infos_locked (type, &failure);

  for (guint i = 0; i < infos->len; i++)
    {
      GIFunctionInfo *method = find_in (infos->pdata[i], name);

      if (method != NULL)
        {
          gboolean is_method = gi_callable_info_is_method ((GICallableInfo *) method);
          const ThrPlan *plan = is_method ? thr_plan_new (method, error) : NULL;

          gi_base_info_unref (method);
          if (is_method)
            return plan;
        }
    }
  set_no_method (infos, type, name, failure, error);

  return NULL;
}

const ThrPlan *
thr_find_method (GType       type,
                 const char *name,
                 GError    **error)
{
  const ThrPlan *plan = look_up (type, name);
  g_autoptr (GMutexLocker) locker = NULL;

  if (plan != NULL)
    return plan;

  locker = g_mutex_locker_new (&repository_mutex);
  /* Another thread may have been faster. */
  plan = look_up (type, name);
  if (plan != NULL)
    return plan;

  plan = make_method_locked (type, name, error);
  if (plan != NULL)
    remember_locked (type, name, plan);

  return plan;
}

/* The namespace has no such member. */
static void
set_no_member_locked (const char *namespace_,
                      const char *name,
                      GError    **error)
{
  GIRepository *own = get_repository_locked ();
  const char *version = gi_repository_get_version (own, namespace_);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *nearest;

  for (guint i = 0; i < (guint) gi_repository_get_n_infos (own, namespace_); i++)
    {
      GIBaseInfo *info = gi_repository_get_info (own, namespace_, i);

      g_ptr_array_add (names, g_strdup (gi_base_info_get_name (info)));
      gi_base_info_unref (info);
    }
  g_ptr_array_add (names, NULL);

  nearest = thr_nearest_name (name, (const char *const *) names->pdata);
  if (nearest != NULL)
    g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD, _("%s %s has no “%s”. Is “%s” meant?"), namespace_,
                 version, name, nearest);
  else
    g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD, _("%s %s has no “%s”."), namespace_, version, name);
}

static void
set_no_function (GIBaseInfo *info,
                 char      **words,
                 GError    **error)
{
  g_autoptr (GPtrArray) infos = g_ptr_array_new ();
  g_auto (GStrv) names = NULL;
  const char *nearest;

  g_ptr_array_add (infos, info);
  names = list_names (infos, FALSE);
  nearest = thr_nearest_name (words[2], (const char *const *) names);
  if (nearest != NULL)
    g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD, _("%s.%s has no function “%s”. Is “%s” meant?"),
                 words[0], words[1], words[2], nearest);
  else
    g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD, _("%s.%s has no function “%s”."), words[0], words[1],
                 words[2]);
}

static GIBaseInfo *
find_path_locked (const char *path,
                  GError    **error)
{
  g_auto (GStrv) words = g_strsplit (path, ".", -1);
  guint n = g_strv_length (words);
  g_autofree char *shown = thr_show_text (path);
  GIBaseInfo *info;
  GIBaseInfo *member;

  if ((n != 2 && n != 3) || words[0][0] == '\0' || words[1][0] == '\0' || !g_utf8_validate (path, -1, NULL))
    {
      g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD,
                   _("“%s” is no function. Name it as “Namespace.function” or “Namespace.Type.function”."), shown);
      return NULL;
    }
  if (!gi_repository_is_registered (get_repository_locked (), words[0], NULL) &&
      !require_locked (words[0], NULL, error))
    return NULL;

  info = gi_repository_find_by_name (get_repository_locked (), words[0], words[1]);
  if (info == NULL)
    {
      set_no_member_locked (words[0], words[1], error);
      return NULL;
    }
  if (n == 2)
    return info;

  member = (GIBaseInfo *) find_in (info, words[2]);
  if (member == NULL)
    set_no_function (info, words, error);
  gi_base_info_unref (info);

  return member;
}

static const ThrPlan *
make_function_locked (const char *path,
                      GError    **error)
{
  GIBaseInfo *info = find_path_locked (path, error);
  const ThrPlan *plan = NULL;

  if (info == NULL)
    return NULL;

  if (!GI_IS_FUNCTION_INFO (info))
    g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD,
                 _("%s is no function. A constructor is named as “Namespace.Type.new”."), path);
  else if (gi_callable_info_is_method ((GICallableInfo *) info))
    g_set_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD,
                 _("%s is a method, and wants an object: call it through a thimble of one."), path);
  else
    plan = thr_plan_new ((GIFunctionInfo *) info, error);
  gi_base_info_unref (info);

  return plan;
}

const ThrPlan *
thr_find_function (const char *path,
                   GError    **error)
{
  const ThrPlan *plan = look_up (G_TYPE_INVALID, path);
  g_autoptr (GMutexLocker) locker = NULL;

  if (plan != NULL)
    return plan;

  locker = g_mutex_locker_new (&repository_mutex);
  plan = look_up (G_TYPE_INVALID, path);
  if (plan != NULL)
    return plan;

  plan = make_function_locked (path, error);
  if (plan != NULL)
    remember_locked (G_TYPE_INVALID, path, plan);

  return plan;
}
