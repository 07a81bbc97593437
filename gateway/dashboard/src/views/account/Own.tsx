/** Pages of whoever is signed in, under one row of tabs; whoever is not signs in first. */
import { useEffect } from "preact/hooks";
import { me, whoAmI } from "../../api";
import { OWN, type Own as Name } from "../../route";
import { Account } from "./Account";
import { MyAlerts } from "./MyAlerts";
import { Play } from "./Play";
import { Programs } from "./Programs";
import { SignIn } from "./SignIn";

const TITLES: Readonly<Record<Name, string>> = {
  alerts: "My alerts",
  account: "Account",
  programs: "Programs",
  play: "Responsible play",
};
/** Short enough for one row on a phone. */
const TABS: Readonly<Record<Name, string>> = { ...TITLES, alerts: "Alerts", play: "Play" };
const PAGES = { alerts: MyAlerts, account: Account, programs: Programs, play: Play } as const;

export function Own({ own }: { readonly own: Name }) {
  const title = TITLES[own];
  useEffect(() => {
    document.title = `${title} – HorseRacePro`;
  }, [title]);
  useEffect(() => {
    if (me.value === undefined) void whoAmI();
  }, []);
  if (me.value === undefined) return <p class="empty">Looking who you are…</p>;
  if (me.value === null || me.value.second_factors.length > 0) return <SignIn />;
  const Page = PAGES[own];
  return (
    <div class="own">
      <nav class="tabs" aria-label="Your pages">
        {OWN.map((name) => (
          <a key={name} href={`#/${name}`} aria-current={name === own ? "page" : undefined}>
            {TABS[name]}
          </a>
        ))}
      </nav>
      <h1>{title}</h1>
      <Page />
    </div>
  );
}
