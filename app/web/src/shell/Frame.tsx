/** The frame around every page: navigation, who and where one is, language, theme, and whether the page is live. */
import { me, updateMeRequest } from '@counterpart/app/wire/workspace.ts';
import {
  ActionIcon,
  AppShell,
  Badge,
  Burger,
  Group,
  NavLink,
  SegmentedControl,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconAlertTriangle,
  IconArrowsJoin2,
  IconBuildingStore,
  IconFileText,
  IconFileUpload,
  IconHistory,
  IconLayoutDashboard,
  IconMoon,
  IconPlugConnected,
  IconSun,
} from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useLiveEvents } from '../api/live-events.ts';
import { call } from '../api/workspace-api.ts';
import { useWords, type WebKey } from '../words.tsx';
import { useSession } from './session.tsx';

const NAVIGATION = [
  { href: '/', label: 'nav.overview', icon: IconLayoutDashboard },
  { href: '/contracts', label: 'nav.contracts', icon: IconFileText },
  { href: '/vendors', label: 'nav.vendors', icon: IconBuildingStore },
  { href: '/import', label: 'nav.import', icon: IconFileUpload },
  { href: '/connections', label: 'nav.connections', icon: IconPlugConnected },
  { href: '/matches', label: 'nav.matches', icon: IconArrowsJoin2 },
  { href: '/conflicts', label: 'nav.conflicts', icon: IconAlertTriangle },
  { href: '/audit', label: 'nav.audit', icon: IconHistory },
] as const satisfies readonly { href: string; label: WebKey; icon: unknown }[];

export function Frame({ children }: { readonly children: ReactNode }) {
  const { t } = useWords();
  const session = useSession();
  const live = useLiveEvents();
  const [opened, { toggle, close }] = useDisclosure();
  const [location] = useLocation();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 224, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="lg"
    >
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('nav.menu')} />
            <Text fw={680} fz="lg">
              Counterpart
            </Text>
            <Text c="dimmed" visibleFrom="sm">
              {session.workspace.name}
            </Text>
            {session.mode === 'practice' && (
              <Badge variant="light" color="grape">
                {t('practice')}
              </Badge>
            )}
          </Group>
          <Group gap="sm" wrap="nowrap">
            {live === 'lost' && (
              <Badge color="orange" variant="light" role="status">
                {t('live.lost')}
              </Badge>
            )}
            <LanguageSwitch />
            <ThemeSwitch />
            <Text size="sm" c="dimmed" visibleFrom="md">
              {session.user.name ?? session.user.email}
            </Text>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t('nav.menu')}>
        {NAVIGATION.map(({ href, label, icon: Icon }) => (
          <NavLink
            key={href}
            component={Link}
            href={href}
            label={t(label)}
            leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
            active={href === '/' ? location === '/' : location.startsWith(href)}
            aria-current={(href === '/' ? location === '/' : location.startsWith(href)) ? 'page' : undefined}
            onClick={close}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main className="cp-main">{children}</AppShell.Main>
    </AppShell>
  );
}

function LanguageSwitch() {
  const { locale, t } = useWords();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (next: string) =>
      call('/v1/me', me, { method: 'PATCH', json: updateMeRequest.parse({ locale: next }) }),
    onSuccess: (updated) => queries.setQueryData(['me'], updated),
  });
  return (
    <SegmentedControl
      size="xs"
      value={locale}
      onChange={(next) => change.mutate(next)}
      data={[
        { value: 'en', label: 'EN' },
        { value: 'zh-CN', label: '中文' },
      ]}
      aria-label={t('language')}
    />
  );
}

function ThemeSwitch() {
  const { t } = useWords();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  return (
    <ActionIcon
      variant="default"
      size="lg"
      onClick={() => setColorScheme(dark ? 'light' : 'dark')}
      aria-label={t(dark ? 'theme.light' : 'theme.dark')}
    >
      {dark ? <IconSun size={17} aria-hidden /> : <IconMoon size={17} aria-hidden />}
    </ActionIcon>
  );
}
