# Fill Redmine with the firm's projects. Run once, at build, by `rails runner`.
require "yaml"

SEED = __dir__
User.current = User.find_by!(login: "admin")

def seed(name) = YAML.safe_load_file("#{SEED}/#{name}.yaml")

def settings
  {
    app_title: "Forge du Comptoir des Rives",
    welcome_text: "Les projets du service informatique : tickets, wiki et dépôts Git.",
    default_language: "fr", force_default_language_for_anonymous: 1, text_formatting: "common_mark",
    rest_api_enabled: 1, self_registration: 0, lost_password: 0, gravatar_enabled: 0,
    notified_events: [], host_name: "forge.lab.lan", enabled_scm: ["Git"], start_of_week: 1,
    # Linking only, while the history is read; closing by a commit comes with the last lines.
    commit_ref_keywords: "voir,corrige", default_projects_public: 0,
    attachment_max_size: 20_480
  }.each { |name, value| Setting[name] = value }
end

# What the probes need and no more: a ticket of their own, closed and removed.
def control_role
  role = Role.create!(name: "Contrôle", permissions: %i[
    view_issues add_issues edit_issues delete_issues view_wiki_pages browse_repository view_changesets
  ])
  WorkflowRule.copy(nil, Role.find_by!(name: "Manager"), Tracker.all.to_a, [role])
end

def person(login:, prenom:, nom:)
  User.create!(login: login, firstname: prenom, lastname: nom, mail: "#{login}@lab.lan",
               language: "fr", mail_notification: "none")
end

def people
  seed("personnes").to_h do |row|
    user = person(login: row["login"], prenom: row["prenom"], nom: row["nom"])
    [user, Role.where(name: row["roles"]).to_a]
  end
end

def project(identifier, name, description, modules, members)
  project = Project.create!(identifier: identifier, name: name, description: description,
                            is_public: false, trackers: Tracker.all, enabled_module_names: modules)
  members.each { |user, roles| Member.create!(project: project, principal: user, roles: roles) }
  project
end

def wiki(project)
  wiki = project.wiki || Wiki.create!(project: project, start_page: "Wiki")
  Dir["#{SEED}/wiki/*.md"].sort.each do |file|
    page = wiki.pages.build(title: File.basename(file, ".md"))
    page.content = WikiContent.new(page: page, text: File.read(file), author: User.find_by!(login: "kgarcia"))
    page.save!
  end
  [WikiContent, WikiContentVersion].each { |kind| kind.update_all(updated_on: "2026-02-10 10:15") }
  WikiPage.update_all(created_on: "2025-11-28 09:30")
end

def plan(project)
  project.versions.create!(name: "1.5", description: "Pages en PHP", status: "closed",
                           effective_date: "2025-10-31")
  project.versions.create!(name: "2.0", description: "Annuaire, téléphones, HTTPS",
                           effective_date: "2026-12-18")
  %w[Pages Annuaire Serveur].each { |name| project.issue_categories.create!(name: name) }
end

def note(issue, row)
  journal = Journal.create!(journalized: issue, user: User.find_by!(login: row["par"]), notes: row["texte"])
  journal.update_columns(created_on: row["le"])
end

def ticket(row)
  project = Project.find(row["projet"])
  issue = Issue.create!(
    project: project, tracker: Tracker.find_by!(name: row["suivi"]), subject: row["sujet"],
    description: row["texte"], author: User.find_by!(login: row["auteur"]),
    status: IssueStatus.find_by!(name: row["statut"]), start_date: row["ouvert"].to_date,
    priority: IssuePriority.find_by!(name: row["priorite"]), done_ratio: row["ferme"] ? 100 : row["fait"].to_i,
    assigned_to: row["pour"] && User.find_by!(login: row["pour"]),
    category: project.issue_categories.find_by(name: row["categorie"]),
  )
  issue.update_columns(fixed_version_id: project.versions.find_by(name: row["version"])&.id)
  notes = row.fetch("notes", [])
  notes.each { |line| note(issue, line) }
  last = row["ferme"] || notes.last&.fetch("le") || row["ouvert"]
  issue.update_columns(created_on: row["ouvert"], updated_on: last, closed_on: row["ferme"])
end

def repository(project)
  repository = Repository::Git.create!(project: project, url: "/srv/git/intranet.git", is_default: true,
                                       report_last_commit: "1")
  repository.fetch_changesets
end

settings
control_role
# Nobody knows the administrator's password before the first boot: an empty hash matches none.
User.current.update_columns(hashed_password: "", salt: "", must_change_passwd: false, language: "fr",
                            firstname: "Administration", lastname: "de la forge")
User.current.update!(mail: "admin@lab.lan")
members = people
intranet = project("intranet", "Intranet", "Les pages internes du Comptoir des Rives.",
                   %w[issue_tracking time_tracking news wiki repository calendar gantt documents], members)
project("boutique", "Boutique en ligne", "Le site de vente et sa base de données.",
        %w[issue_tracking time_tracking wiki calendar gantt], members)
plan(intranet)
wiki(intranet)
seed("tickets").each { |row| ticket(row) }
repository(intranet)
closed = IssueStatus.find_by!(name: "Fermé")
Setting.commit_ref_keywords = "voir,refs"
Setting.commit_update_keywords = [{ "keywords" => "corrige,ferme,fixes,closes", "status_id" => closed.id.to_s,
                                    "done_ratio" => "100" }]
raise "the history is not linked to the tickets" if Issue.find(2).changesets.empty?
